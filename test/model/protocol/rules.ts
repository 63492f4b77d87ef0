/** The protocol's safeguards. A model without one of them must break an invariant: that shows that the checker sees. */
export type Rules = {
  /** An agent refuses calls of an operation older than the newest that it has seen for the guest. */
  leases: boolean;
  /** keep and discard of an operation that never came here leave a closed record, which refuses its late calls. */
  closedDoors: boolean;
  /** Whether the guest runs at the destination is asked there; otherwise an unsure finish is taken for a failed one. */
  asksAfterFinish: boolean;
  /** Confirm waits for finish's answer. */
  confirmsAfterFinish: boolean;
  /** A cancel outlives control. */
  cancelIsKept: boolean;
  /** Undoing waits until the copy has ended. */
  waitsForCopy: boolean;
  /** That post-copy may begin is on the source's disk before the hypervisor is told. */
  notesSwitch: boolean;
  /** A source that has switched refuses to wake its guest. */
  refusesSwitched: boolean;
  /** In post-copy confirm waits until all memory has come. */
  confirmsWhenWhole: boolean;
};

export const allRules: Rules = {
  leases: true,
  closedDoors: true,
  asksAfterFinish: true,
  confirmsAfterFinish: true,
  cancelIsKept: true,
  waitsForCopy: true,
  notesSwitch: true,
  refusesSwitched: true,
  confirmsWhenWhole: true,
};
