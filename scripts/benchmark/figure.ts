/** A measured value. */
export interface Figure {
  /** `ipmi define` */
  what: string;
  value: number;
  unit: string;
  ratio?: Ratio;
}

/** A value relative to another one measured in alternation with it. */
export interface Ratio {
  /** The median of the ratios of the pairs. */
  value: number;
  /** The reference: `bare node`. */
  over: string;
  goal?: Goal;
}

/** The required ratio: one of these bounds. */
export interface Goal {
  most?: number;
  least?: number;
}

export interface Section {
  title: string;
  figures: Figure[];
  /** Notes for interpreting the figures. */
  notes: string[];
}

/** Whether the goal is met; undefined without a goal. */
export function isMet({ ratio }: Figure): boolean | undefined {
  if (ratio?.goal === undefined) return undefined;
  const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = ratio.goal;
  return ratio.value <= most && ratio.value >= least;
}
