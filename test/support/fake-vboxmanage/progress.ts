/** What long commands print to stderr (source 7 shows which stream). */
export const PROGRESS = '0%...10%...20%...30%...40%...50%...60%...70%...80%...90%...100%\n';
