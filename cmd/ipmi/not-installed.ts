/** Advice for the operator when a tool is missing. */
export function notInstalled(tool: string): string {
  return `${tool} is not installed on the endpoint's machine, or not on the PATH of the endpoint`;
}
