/** Three significant digits, more where they are before the point. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value === 0 || Number.isInteger(value) ? String(value) : value.toPrecision(3);
}
