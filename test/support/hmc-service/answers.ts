/** Answers in the words of an HMC at work, as IBM's REST API pages and its open-source clients' samples show them. */

const MC = 'http://www.ibm.com/xmlns/systems/power/firmware/web/mc/2012_10/';
const UOM = 'http://www.ibm.com/xmlns/systems/power/firmware/uom/mc/2012_10/';
const META = '<Metadata><Atom/></Metadata>';

export interface JobAnswer {
  id: string;
  path: string;
  operation: string;
  status: string;
  /** What a job that failed says, as the `result` of its command line. */
  result?: string;
  /** What a job says that ended in an exception. */
  exception?: string;
}

export function logonResponse(token: string): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<LogonResponse xmlns="${MC}" xmlns:ns2="http://www.w3.org/XML/1998/namespace/k2" schemaVersion="V1_0">
    ${META}
    <X-API-Session kb="ROR" kxe="false">${token}</X-API-Session>
</LogonResponse>`;
}

export function partitionEntry(id: string, state: string): string {
  return entry(
    'LogicalPartition',
    'application/vnd.ibm.powervm.uom+xml; type=LogicalPartition',
    `<LogicalPartition:LogicalPartition xmlns:LogicalPartition="${UOM}" xmlns="${UOM}" schemaVersion="V1_0">
    ${META}
    <PartitionID kb="COR" kxe="false">007</PartitionID>
    <PartitionName kb="CUR" kxe="false">web &amp; mail</PartitionName>
    <PartitionState kb="ROO" kxe="false">${state}</PartitionState>
    <PartitionType kb="COD" kxe="false">AIX/Linux</PartitionType>
    <PartitionUUID kb="ROO" kxe="false">${id}</PartitionUUID>
</LogicalPartition:LogicalPartition>`,
  );
}

export function jobEntry({ id, path, operation, status, result, exception }: JobAnswer): string {
  const parameter = (name: string, value: string) =>
    `<JobParameter schemaVersion="V1_0">${META}<ParameterName kb="ROR" kxe="false">${name}</ParameterName><ParameterValue kxe="false" kb="CUR">${escaped(value)}</ParameterValue></JobParameter>`;
  const results =
    result === undefined ? '' : parameter('returnCode', '1') + parameter('result', `${result}\n`);
  const thrown =
    exception === undefined
      ? ''
      : `<ResponseException kb="ROR" kxe="false" schemaVersion="V1_0">${META}<Message kb="ROR" kxe="false">${escaped(exception)}</Message><StackTrace kb="ROR" kxe="false">at com.ibm.example</StackTrace></ResponseException>`;
  return entry(
    'JobResponse',
    'application/vnd.ibm.powervm.web+xml; type=JobResponse',
    `<JobResponse:JobResponse xmlns:JobResponse="${MC}" xmlns="${MC}" schemaVersion="V1_0">
    ${META}
    <RequestURL kb="ROR" kxe="false" href="${path}" rel="via" title="The URL to which the JobRequest was submitted."/>
    <JobID kb="ROR" kxe="false">${id}</JobID>
    <TimeStarted kxe="false" kb="ROR">0</TimeStarted>
    <TimeCompleted kb="ROR" kxe="false">0</TimeCompleted>
    <Status kxe="false" kb="ROR">${status}</Status>
    ${thrown}
    <JobRequestInstance kb="ROR" kxe="false" schemaVersion="V1_0">
        ${META}
        <RequestedOperation kxe="false" kb="CUR" schemaVersion="V1_0">${META}<OperationName kxe="false" kb="ROR">${operation}</OperationName></RequestedOperation>
        <JobParameters kxe="false" kb="CUR" schemaVersion="V1_0">${META}${parameter('result', 'of the request, not of the job')}</JobParameters>
    </JobRequestInstance>
    <Progress kxe="false" kb="ROO" schemaVersion="V1_0">${META}</Progress>
    <Results kb="ROR" kxe="false" schemaVersion="V1_0">${META}${results}</Results>
</JobResponse:JobResponse>`,
  );
}

/** An HMC's error repeats the request, with its headers and body. */
export function errorEntry(status: number, path: string, message: string, request: string): string {
  return entry(
    'HttpErrorResponse',
    'application/vnd.ibm.powervm.web+xml; type=HttpErrorResponse',
    `<HttpErrorResponse:HttpErrorResponse xmlns:HttpErrorResponse="${MC}" xmlns="${MC}" schemaVersion="V1_2_0">
    ${META}
    <HTTPStatus kb="ROR" kxe="false">${status}</HTTPStatus>
    <RequestURI kb="ROR" kxe="false">${path}</RequestURI>
    <ReasonCode kb="ROR" kxe="false">Unknown internal error.</ReasonCode>
    <Message kb="ROO" kxe="false">${escaped(message)}</Message>
    <RequestBody kb="ROO" kxe="false">${escaped(request)}</RequestBody>
    <RequestHeaders kb="ROO" kxe="false">{X-API-Session=*******}</RequestHeaders>
</HttpErrorResponse:HttpErrorResponse>`,
  );
}

/** Ten entities that are each ten of the one before: a text of some gigabytes, were they expanded. */
export function bomb(): string {
  const entities = Array.from({ length: 10 }, (_, index) => {
    const text = index === 0 ? 'running' : `&e${index - 1};`.repeat(10);
    return `<!ENTITY e${index} "${text}">`;
  });
  const state = partitionEntry('48EB2A9F-6028-41C6-8D2F-6A539361BB29', '&e9;');
  return `<?xml version="1.0"?><!DOCTYPE entry [${entities.join('')}]>${state}`;
}

function entry(title: string, type: string, content: string): string {
  return `<entry xmlns="http://www.w3.org/2005/Atom" xmlns:ns2="http://a9.com/-/spec/opensearch/1.1/" xmlns:ns3="http://www.w3.org/1999/xhtml">
    <id>b8c4e4f2-7203-4ecf-a6bb-2ade833bf0d2</id>
    <title>${title}</title>
    <published>2021-07-28T15:56:49.018Z</published>
    <author><name>IBM Power Systems Management Console</name></author>
    <content type="${type}">
        ${content}
    </content>
</entry>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
