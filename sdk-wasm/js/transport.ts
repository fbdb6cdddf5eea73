import type { Request as CoreRequest } from "./core/core.js";
import { misuse } from "./error.js";

/** No reply of the issuer's is larger, in bytes. */
const MAX_REPLY = 64 * 1024;
const PATIENCE = 30_000;

/** What came back. */
export interface Arrived {
  status: number;
  body: Uint8Array;
  retryAfter: number | undefined;
}

/** Carries requests to the issuer's address. Rejects where no reply comes. */
export type Transport = (request: CoreRequest) => Promise<Arrived>;

export function transportTo(
  address: string,
  allowHttp: boolean,
  send: typeof fetch = (input, init) => fetch(input, init),
): Transport {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw misuse(`${address} is no address of an issuer`, cause);
  }
  const near = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !near && !allowHttp) {
    throw misuse(
      `${address} is not https: a license key is not sent in the clear. Only an issuer on ` +
        "this machine may be asked without, or any with dangerAllowHttp",
    );
  }
  const base = address.replace(/\/+$/, "");
  return async (request) => {
    const { authorization, body } = request;
    const response = await send(base + request.path, {
      method: request.method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body }),
      cache: "no-store",
      credentials: "omit",
      // A portal redirects; the issuer does not.
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const wait = Number(response.headers.get("retry-after") ?? Number.NaN);
    return {
      status: response.status,
      body: await firstBytes(response),
      retryAfter: Number.isInteger(wait) && wait >= 0 ? Math.min(wait, 2 ** 31) : undefined,
    };
  };
}

/** One byte more than the issuer would send shows that it was not the issuer. */
async function firstBytes(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader && length <= MAX_REPLY) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  await reader?.cancel();
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
