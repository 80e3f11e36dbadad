/** Namespace of the HMC's requests and objects. */
const NAMESPACE = 'http://www.ibm.com/xmlns/systems/power/firmware/web/mc/2012_10/';

/** An XML element: children by name, repeated ones as an array. Names that start with @ are attributes. */
export interface Element {
  [name: string]: string | Element | readonly Element[];
}

/** XML text with one root element. Values are escaped. */
export async function writeXml(root: string, element: Element): Promise<string> {
  const { XMLBuilder } = await import('fast-xml-parser');
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });
  const declaration = { '@version': '1.0', '@encoding': 'UTF-8' };
  return builder.build({ '?xml': declaration, [root]: { '@xmlns': NAMESPACE, ...element } });
}

/**
 * Parses XML into nested objects, without attributes and namespace prefixes. Values are strings. Throws Error for
 * invalid XML and for a document type: an HMC sends none, and entities defined there could expand without bound.
 */
export async function readXml(text: string): Promise<unknown> {
  const { XMLParser } = await import('fast-xml-parser');
  if (text.includes('<!DOCTYPE')) throw new Error('it has a document type, which no answer of an HMC has');
  const parser = new XMLParser({ removeNSPrefix: true, parseTagValue: false, ignoreDeclaration: true });
  return parser.parse(text, true);
}
