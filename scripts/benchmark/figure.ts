/** One thing that was measured. */
export interface Figure {
  /** `ipmi define` */
  what: string;
  value: number;
  unit: string;
  ratio?: Ratio;
}

/** A figure as a multiple of another that was measured by turns with it. */
export interface Ratio {
  /** The median of the ratios of the pairs. */
  value: number;
  /** What it is over: `bare node`. */
  over: string;
  goal?: Goal;
}

/** What a ratio is to be, one of them. */
export interface Goal {
  most?: number;
  least?: number;
}

export interface Section {
  title: string;
  figures: Figure[];
  /** What has to be known to read the figures. */
  notes: string[];
}

/** Whether the goal is met; undefined for a figure without a goal. */
export function isMet({ ratio }: Figure): boolean | undefined {
  if (ratio?.goal === undefined) return undefined;
  const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = ratio.goal;
  return ratio.value <= most && ratio.value >= least;
}
