import { type Figure, isMet } from './figure.ts';
import { numberText } from './number.ts';
import { headLines, type Report } from './report.ts';
import { scaleOf } from './scale.ts';

const WIDTH = 940;
const LABEL_WIDTH = 330;
const BAR_LEFT = LABEL_WIDTH + 10;
const BAR_WIDTH = 300;
const ROW_HEIGHT = 22;
const BAR_HEIGHT = 13;
const MARGIN = 20;

const STYLE = `
  svg { font: 12px system-ui, sans-serif; background: #fff }
  text { fill: #222 }
  .title { font-size: 16px; font-weight: 600 }
  .section { font-size: 13px; font-weight: 600 }
  .faint { fill: #666 }
  .plain { fill: #8a8f98 }
  .met { fill: #2f7d6b }
  .missed { fill: #c2410c }
  .goal { stroke: #222; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181c }
    text { fill: #e6e6e6 }
    .faint { fill: #a0a4ab }
    .met { fill: #4fb39c }
    .missed { fill: #f2824b }
    .goal { stroke: #e6e6e6 }
  }`;

/** The ratios of a report as a bar chart, with each goal as a line across its bar. */
export function svg(report: Report): string {
  const parts: string[] = [];
  let y = MARGIN + 16;
  const text = (x: number, content: string, style: string, anchor = 'start') =>
    parts.push(`<text x="${x}" y="${y}" class="${style}" text-anchor="${anchor}">${escaped(content)}</text>`);
  text(MARGIN, 'Speed, memory and size, as ratios', 'title');
  for (const line of headLines(report)) {
    y += 18;
    text(MARGIN, line, 'faint');
  }
  y += 24;
  parts.push(...legend(y));
  for (const { title, figures } of report.sections) {
    const compared = figures.filter(({ ratio }) => ratio !== undefined);
    if (compared.length === 0) continue;
    y += 34;
    text(MARGIN, title, 'section');
    for (const figure of compared) {
      y += ROW_HEIGHT;
      text(LABEL_WIDTH, figure.what, '', 'end');
      parts.push(...bar(figure, figures, y));
    }
  }
  const height = y + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Speed, memory and size, as ratios">
<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`;
}

function bar(figure: Figure, figures: readonly Figure[], y: number): string[] {
  if (figure.ratio === undefined) return [];
  const { value, over, goal } = figure.ratio;
  const unit = BAR_WIDTH / scaleOf(figures, over);
  const top = y - BAR_HEIGHT + 2;
  const met = isMet(figure);
  const style = met === undefined ? 'plain' : met ? 'met' : 'missed';
  const said = `${numberText(value)} x ${over} (${numberText(figure.value)} ${figure.unit})`;
  const width = (value * unit).toFixed(1);
  const parts = [
    `<rect x="${BAR_LEFT}" y="${top}" width="${width}" height="${BAR_HEIGHT}" rx="2" class="${style}"/>`,
  ];
  const limit = goal?.most ?? goal?.least;
  const goalX = BAR_LEFT + (limit ?? 0) * unit;
  if (limit !== undefined) parts.push(goalLine(goalX, top));
  const end = Math.max(BAR_LEFT + value * unit, limit === undefined ? 0 : goalX);
  parts.push(`<text x="${(end + 8).toFixed(1)}" y="${y}" class="faint">${escaped(said)}</text>`);
  return parts;
}

function legend(y: number): string[] {
  const entries = [
    ['met', 'goal met'],
    ['missed', 'goal missed'],
    ['plain', 'no goal'],
  ];
  const parts = entries.flatMap(([style, name], index) => {
    const x = MARGIN + index * 110;
    return [
      `<rect x="${x}" y="${y - BAR_HEIGHT + 2}" width="${BAR_HEIGHT}" height="${BAR_HEIGHT}" rx="2" class="${style}"/>`,
      `<text x="${x + 20}" y="${y}" class="faint">${name}</text>`,
    ];
  });
  const x = MARGIN + entries.length * 110;
  return [
    ...parts,
    goalLine(x + 6, y - BAR_HEIGHT + 2),
    `<text x="${x + 20}" y="${y}" class="faint">goal</text>`,
  ];
}

function goalLine(x: number, top: number): string {
  return `<line x1="${x.toFixed(1)}" y1="${top - 3}" x2="${x.toFixed(1)}" y2="${top + BAR_HEIGHT + 3}" class="goal"/>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
