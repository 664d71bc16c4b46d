import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Status } from './grpc-error.js';

/** An ExportResponse: not compressed, and without a single field. */
const EXPORT_RESPONSE = Buffer.alloc(5);

/** What every answer begins with. The encodings are those of messages to Weir: nothing is compressed. */
const HEADERS: OutgoingHttpHeaders = {
  [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
  [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
  'grpc-accept-encoding': 'identity',
};

/** Answers a call whose messages were all taken. Does nothing if it was answered already or is gone. */
export function answer(stream: ServerHttp2Stream): void {
  if (!canAnswer(stream)) return;
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': Status.Ok }));
  stream.end(EXPORT_RESPONSE);
}

/** Answers a call with a status that is not OK, and why. Does nothing if it was answered already or is gone. */
export function refuse(stream: ServerHttp2Stream, status: Status, message: string): void {
  if (!canAnswer(stream)) return;
  stream.respond({ ...HEADERS, 'grpc-status': status, 'grpc-message': percentEncode(message) }, { endStream: true });
}

/** Answers what is no call at all with a status of HTTP. */
export function refuseRequest(stream: ServerHttp2Stream, status: number): void {
  if (!canAnswer(stream)) return;
  stream.respond({ [constants.HTTP2_HEADER_STATUS]: status }, { endStream: true });
}

function canAnswer(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed && !stream.headersSent;
}

/** grpc-message is ASCII: every other octet of its UTF-8, and the percent sign, is written in hexadecimal. */
function percentEncode(message: string): string {
  return message.replace(/[^ -$&-~]+/gu, (text) =>
    Array.from(Buffer.from(text), (octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
