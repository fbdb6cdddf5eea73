/** A seat of a license. */
export interface Machine {
  /** What frees the seat. */
  readonly id: string;
  /** What its user calls it. */
  readonly name: string | null;
  /** What it runs. */
  readonly platform: string | null;
  /** When it was last heard of. */
  readonly lastSeenAt: Date | null;
  /** Whether it is this one. */
  readonly thisMachine: boolean;
}

export interface MachineJson {
  id: string;
  name: string | null;
  platform: string | null;
  lastSeenAt: string | null;
  thisMachine: boolean;
}

export function machineOf(json: MachineJson): Machine {
  return { ...json, lastSeenAt: json.lastSeenAt === null ? null : new Date(json.lastSeenAt) };
}
