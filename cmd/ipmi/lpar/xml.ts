/** The namespace of requests to the HMC and of its objects. */
const NAMESPACE = 'http://www.ibm.com/xmlns/systems/power/firmware/web/mc/2012_10/';

/** An element as an object: its children by name, several of one name as an array. Names starting with @ are attributes. */
export interface Element {
  [name: string]: string | Element | readonly Element[];
}

/** XML text with one root element. Text in it is escaped. */
export async function writeXml(root: string, element: Element): Promise<string> {
  const { XMLBuilder } = await import('fast-xml-parser');
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });
  const declaration = { '@version': '1.0', '@encoding': 'UTF-8' };
  return builder.build({ '?xml': declaration, [root]: { '@xmlns': NAMESPACE, ...element } });
}

/**
 * The document as nested objects, attributes and namespace prefixes left out, texts as they are. Throws Error when it is
 * no XML, or has a document type: an HMC sends none, and entities that are defined in one could grow without bound.
 */
export async function readXml(text: string): Promise<unknown> {
  const { XMLParser } = await import('fast-xml-parser');
  if (text.includes('<!DOCTYPE')) throw new Error('it has a document type, which no answer of an HMC has');
  const parser = new XMLParser({ removeNSPrefix: true, parseTagValue: false, ignoreDeclaration: true });
  return parser.parse(text, true);
}
