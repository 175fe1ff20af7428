//! Fail points: places between a side effect and its completion where a test has the process die, as `kill -9` would.
//!
//! The process that is started with [`VARIABLE`] set to a point's name dies the first time it gets there. It gets no chance to
//! tell anybody, flush or unwind: that is what is tested.
//!
//! Only builds with debug assertions have them. A release build has no code here and reads no variable, whatever its features
//! are: features of one package are shared by all that is built with it, so a feature (as the `fail` crate has it) could slip into a
//! production binary, and a test here runs a release build to show that this cannot.

/// Names the variable with the point at which the process is to die.
pub const VARIABLE: &str = "ZAPIKI_FAIL_POINT";

macro_rules! points {
    ($($(#[$doc:meta])* $point:ident => $name:literal,)+) => {
        /// A place where the process may be made to die.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Point {
            $($(#[$doc])* $point,)+
        }

        impl Point {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$point,)+];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name,)+
                }
            }
        }
    };
}

points! {
    /// The API: a proof or a batch is accepted, its workflow not started.
    AcceptAfter => "accept.after",
    /// The API: the workflow is started, nobody is answered.
    StartAfter => "start.after",
    /// The worker: nothing is read yet.
    ValidateBefore => "validate.before",
    /// The worker: the claim is checked, Temporal does not know.
    ValidateAfter => "validate.after",
    /// The worker: a prover has the proof.
    ProveBefore => "prove.before",
    /// The worker: it is proved, Temporal does not know.
    ProveAfter => "prove.after",
    /// The worker: the outcome is known, and not stored.
    PersistBefore => "persist.before",
    /// The worker: the outcome is stored, Temporal does not know.
    PersistAfter => "persist.after",
    /// The worker: a decision is known, and not stored.
    ResolveBefore => "resolve.before",
    /// The worker: a decision is stored, Temporal does not know.
    ResolveAfter => "resolve.after",
    /// The worker: not counted yet.
    MeterBefore => "meter.before",
    /// The worker: counted, Temporal does not know.
    MeterAfter => "meter.after",
    /// The worker: not in the audit log yet.
    AuditBefore => "audit.before",
    /// The worker: in the audit log, Temporal does not know.
    AuditAfter => "audit.after",
    /// The worker: items of a batch are made, none is stored.
    ConcludeBefore => "conclude.before",
    /// The worker: outcomes and books of the items are stored, Temporal does not know.
    ConcludeAfter => "conclude.after",
    /// The worker: items of a batch have workflows of their own, Temporal does not know that of the batch's.
    HandOverAfter => "hand_over.after",
    /// The worker: a message to a webhook is read, and not sent.
    DeliverBefore => "deliver.before",
    /// The worker: the message is sent, nobody knows.
    DeliverSent => "deliver.sent",
}

/// Passes by; or dies, if a test wants that here.
#[inline]
pub fn reach(point: Point) {
    #[cfg(all(unix, debug_assertions))]
    armed::reach(point);
    #[cfg(not(all(unix, debug_assertions)))]
    let _ = point;
}

#[cfg(all(unix, debug_assertions))]
mod armed {
    use std::sync::LazyLock;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::{Point, VARIABLE};

    static WANTED: LazyLock<Option<String>> = LazyLock::new(|| std::env::var(VARIABLE).ok());

    pub(super) fn reach(point: Point) {
        if WANTED.as_deref() == Some(point.name()) {
            let _sent = kill(Pid::this(), Signal::SIGKILL);
            // Another thread may be the one that is told: nothing more happens on this one.
            loop {
                std::thread::park();
            }
        }
    }
}
