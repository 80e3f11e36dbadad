import { type Figure, type Goal, isMet, type Section } from './figure.ts';
import { numberText } from './number.ts';
import { headLines, type Report } from './report.ts';
import { scaleOf } from './scale.ts';

const BAR_WIDTH = 24;
const NOTE_WIDTH = 100;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The report for a terminal: a table per section, with bars for ratios and marks for goals. */
export function table(report: Report): string {
  const lines = headLines(report);
  for (const section of report.sections) lines.push('', section.title, ...sectionLines(section));
  return `${lines.join('\n')}\n`;
}

function sectionLines({ figures, notes }: Section): string[] {
  const rows = figures.map((figure) => [
    figure.what,
    numberText(figure.value),
    figure.unit,
    figure.ratio === undefined ? '' : numberText(figure.ratio.value),
    figure.ratio === undefined ? '' : `x ${figure.ratio.over}`,
    goalText(figure.ratio?.goal),
    verdict(figure),
  ]);
  const widths = rows.reduce(
    (most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)),
    [] as number[],
  );
  const lines = rows.map((row, index) => {
    // Numbers are right-aligned.
    const cells = row.map((cell, at) =>
      at === 1 || at === 3 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
    );
    return `  ${cells.join('  ')}  ${bar(figures[index], figures)}`.trimEnd();
  });
  return [...lines, ...notes.flatMap((note) => wrapped(note))];
}

function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  return goal.most === undefined ? `>= ${goal.least}` : `<= ${goal.most}`;
}

function verdict(figure: Figure): string {
  const met = isMet(figure);
  return met === undefined ? '' : met ? 'met' : 'MISSED';
}

/** A bar for the ratio, with `|` at the goal. */
function bar(figure: Figure | undefined, figures: readonly Figure[]): string {
  if (figure?.ratio === undefined) return '';
  const { value, over, goal } = figure.ratio;
  const longest = scaleOf(figures, over);
  const eighths = Math.round((value / longest) * BAR_WIDTH * 8);
  const drawn = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  const limit = goal?.most ?? goal?.least;
  if (limit === undefined) return drawn;
  const at = Math.min(BAR_WIDTH, Math.round((limit / longest) * BAR_WIDTH));
  const cells = [...drawn.padEnd(BAR_WIDTH + 1)];
  cells[at] = '|';
  return cells.join('').trimEnd();
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length + word.length >= NOTE_WIDTH) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return ['', ...lines, line];
}
