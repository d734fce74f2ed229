/** The archive is not what was sealed; says where. */
export class ArchiveError extends Error {
  override name = 'ArchiveError';
}
