//! The states of a proof and the moves between them. The database enforces the same table.

/// The state of a proof, as its row has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProofState {
    /// Durable, and on its way through the pipeline.
    Accepted,
    /// Proved and stored; the private input is shredded.
    Completed,
    /// The credential does not satisfy the claim. No proof exists; the private input is shredded.
    Rejected,
    /// Retries are spent. The reason is kept, and the private input until somebody decides or the failure expires.
    DeadLettered,
    /// Given up by its owner before it was completed, or after it had failed.
    Cancelled,
}

crate::named_variants!(ProofState, UnknownProofState, "proof state", {
    Accepted => "accepted",
    Completed => "completed",
    Rejected => "rejected",
    DeadLettered => "dead_lettered",
    Cancelled => "cancelled",
});

impl ProofState {
    /// Whether the proof may move to `next`.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Accepted => !matches!(next, Self::Accepted),
            // Redrive or discard.
            Self::DeadLettered => matches!(next, Self::Accepted | Self::Cancelled),
            Self::Completed | Self::Rejected | Self::Cancelled => false,
        }
    }

    /// Whether nothing more happens by itself.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Accepted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_state() -> impl Strategy<Value = ProofState> {
        prop::sample::select(ProofState::ALL)
    }

    #[test]
    fn these_are_all_the_moves() {
        use ProofState::{Accepted, Cancelled, Completed, DeadLettered, Rejected};
        let moves = [
            (Accepted, Completed),
            (Accepted, Rejected),
            (Accepted, DeadLettered),
            (Accepted, Cancelled),
            (DeadLettered, Accepted),
            (DeadLettered, Cancelled),
        ];
        for &from in ProofState::ALL {
            for &to in ProofState::ALL {
                assert_eq!(
                    from.may_become(to),
                    moves.contains(&(from, to)),
                    "{from} to {to}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn an_outcome_is_never_replaced(path in prop::collection::vec(any_state(), 1..12)) {
            let mut state = ProofState::Accepted;
            let mut outcomes = 0;
            for next in path {
                if state.may_become(next) {
                    state = next;
                    outcomes += usize::from(matches!(
                        state,
                        ProofState::Completed | ProofState::Rejected | ProofState::Cancelled
                    ));
                }
            }
            prop_assert!(outcomes <= 1);
        }

        #[test]
        fn no_state_becomes_itself(state in any_state()) {
            prop_assert!(!state.may_become(state));
        }
    }
}
