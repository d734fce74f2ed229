/** Members of a JWK that only its owner may know (RFC 7518 6.2.2, 6.3.2, 6.4). */
export const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
