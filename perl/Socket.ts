/**
 * Socket, as far as it makes text of the addresses that the kernel gives.
 *
 * @module
 */
import { C } from './libc.ts';

/**
 * An address as text, from a sockaddr_in or, on a socket that a service manager has opened, a sockaddr_in6. An IPv4 client
 * of an IPv6 socket has an IPv4 address all the same.
 *
 * @param address as accept(2) gives it
 * @returns four decimal numbers, or eight hexadecimal ones
 */
export function inet_ntop(address: Buffer): string {
  if (address.readUInt16LE(0) === C.AF_INET) return address.subarray(4, 8).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => address.readUInt16BE(8 + 2 * i).toString(16));
  return groups.slice(0, 6).join() === '0,0,0,0,0,ffff' ? address.subarray(20, 24).join('.') : groups.join(':');
}

/**
 * What counts as one address: of IPv6 the first 64 bits, since whoever has one address there has the 2^64 beside it.
 *
 * @param address as {@link inet_ntop} gives it
 * @returns the address, or the part of it that counts
 */
export function network(address: string): string {
  return address.includes(':') ? address.split(':', 4).join(':') : address;
}
