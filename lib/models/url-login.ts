/** `text` with users and passwords removed from its URLs, for errors and logs. */
export function withoutLogins(text: string): string {
  return text.replace(/\b([a-z]+:\/\/)[^/?#\s]*@/gi, '$1');
}
