//! The plans that customers buy and the limits that come with them.

/// A plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plan {
    /// To try and to start.
    Starter,
    /// For a product in production.
    Growth,
    /// By contract.
    Enterprise,
}

crate::named_variants!(Plan, UnknownPlan, "plan", {
    Starter => "starter",
    Growth => "growth",
    Enterprise => "enterprise",
});

impl Plan {
    /// How many requests a tenant may make in a minute, over all its keys, on one API server.
    #[must_use]
    pub const fn requests_per_minute_max(self) -> u32 {
        match self {
            Self::Starter => 600,
            Self::Growth => 6_000,
            Self::Enterprise => 60_000,
        }
    }
}
