/** Protocol numbers of IANA that the simulated flows use. */
export const PROTOCOL = { tcp: 6, udp: 17, sctp: 132 } as const;
