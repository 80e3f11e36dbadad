/**
 * Messages of the Base Message Registry 1.22 (DSP8011, registries/Base.1.22.1.json). Names, severities and arguments are
 * the registry's; the words say the same as the registry's do.
 */
const BASE = {
  AccessDenied: ['Critical', 'Access to %1 is denied.'],
  ActionParameterMissing: ['Critical', 'Action %1 needs the parameter %2.'],
  ActionParameterUnknown: ['Warning', 'Action %1 has no parameter %2.'],
  ActionParameterValueNotInList: ['Warning', "'%1' is no acceptable value of parameter %2 of action %3."],
  ActionParameterValueTypeError: [
    'Warning',
    "'%1' is not of a type that parameter %2 of action %3 can be of.",
  ],
  CreateFailedMissingReqProperties: ['Critical', 'The required property %1 is missing.'],
  EmptyJSON: ['Warning', 'The body is an empty object.'],
  InternalError: ['Critical', 'The request failed inside of the service.'],
  MalformedJSON: ['Critical', 'The body is no JSON that the service can parse.'],
  NoValidSession: ['Critical', 'There is no valid session.'],
  OperationNotAllowed: ['Critical', 'The resource does not allow this method.'],
  PreconditionFailed: ['Critical', 'The ETag is not that of the resource.'],
  PreconditionRequired: ['Critical', 'The resource is changed only under a precondition.'],
  PropertyNotWritable: ['Warning', 'Property %1 is read-only.'],
  PropertyUnknown: ['Warning', 'The resource has no property %1.'],
  PropertyValueNotInList: ['Warning', "'%1' is no acceptable value of property %2."],
  PropertyValueTypeError: ['Warning', "'%1' is not of a type that property %2 can be of."],
  ResourceInUse: ['Warning', 'The resource is in use or in transition.'],
  ResourceMissingAtURI: ['Critical', "There is no resource at '%1'."],
  SessionLimitExceeded: ['Critical', 'There are as many sessions as the service can have.'],
  Success: ['OK', 'The request is done.'],
} as const;

export type MessageName = keyof typeof BASE;

export interface Message {
  MessageId: string;
  Message: string;
  MessageArgs: string[];
  MessageSeverity: string;
  Resolution: string;
}

export function message(name: MessageName, ...args: string[]): Message {
  const [MessageSeverity, text] = BASE[name];
  return {
    MessageId: `Base.1.22.${name}`,
    Message: text.replace(/%(\d)/g, (_whole, index) => args[Number(index) - 1] ?? ''),
    MessageArgs: args,
    MessageSeverity,
    Resolution: 'None.',
  };
}

/** The body of an error (DSP0266, Error responses: `error` with code, message and @Message.ExtendedInfo). */
export function errorBody(messages: readonly Message[]): object {
  const [first] = messages;
  const single = messages.length === 1 ? first : undefined;
  return {
    error: {
      code: single?.MessageId ?? 'Base.1.22.GeneralError',
      message: single?.Message ?? 'Something went wrong.',
      '@Message.ExtendedInfo': messages,
    },
  };
}
