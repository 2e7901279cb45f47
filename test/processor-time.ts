/**
 * Milliseconds of processor time that this process has taken. Tests of hostile input bound it: waiting for a busy machine does not
 * count, running away does.
 */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
