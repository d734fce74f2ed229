/** The first arguments of every function of pgrant_api: who asks what tenant, in which request. */
export type Caller = { tenant: string; request_id: string; address: string };
