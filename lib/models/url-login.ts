/** The text without the users and passwords of URLs in it: they are for who is asked, not for errors and logs. */
export function withoutLogins(text: string): string {
  return text.replace(/\b([a-z]+:\/\/)[^/?#\s]*@/gi, '$1');
}
