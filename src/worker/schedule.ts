/**
 * When each task runs, in UTC: minute, hour, day, month, weekday, task. The job key keeps jobs of a
 * task from piling up while no worker runs. There are no queues: a worker that is killed leaves its
 * job locked for hours, and a queue would make the next ones wait for it. max=1 where the next
 * minute is the better retry.
 */
export const crontab = `
# Partitions ahead of time, and those past their retention dropped.
7 * * * * partitions ?jobKey=partitions
# Rows past their expiry, wherever they are not in a partition of their own.
* * * * * cleanup ?jobKey=cleanup&max=1
# Salts of refresh tokens whose replay window has closed: one sixtieth of the table a minute.
* * * * * salts_erase ?jobKey=salts_erase&max=1
# Signing keys of new tenants, and the next ones of the others when their time has come.
* * * * * keys ?jobKey=keys&max=1
# What is sealed under PGRANT_SECRET_OLD, or without the key of its tenant, sealed again; nothing where neither is set.
*/10 * * * * reseal ?jobKey=reseal&max=1
# What was refused repeatedly, or to strangers, in minutes that are over goes into the audit.
* * * * * refusals ?jobKey=refusals&max=1
# Audit events that are final go into the chains of their tenants.
* * * * * audit_seal ?jobKey=audit_seal&max=1
# A signed checkpoint a day of each chain that has grown.
23 * * * * audit_checkpoint ?jobKey=audit_checkpoint
# Audit events past their retention to files, where a folder for them is set; dropped by the next run of partitions.
37 * * * * audit_archive ?jobKey=audit_archive
# Logos that tenants and clients name, when they are new and then each week.
* * * * * logos ?jobKey=logos&max=1
# People whose upstream is to be asked again, by recheck_interval.
* * * * * upstreams ?jobKey=upstreams&max=1
`;

/** What runs at once when a worker starts, rather than at its next time. */
export const atStart = ['partitions', 'keys'] as const;
