//! How far messages to webhooks go; API and worker agree on it.

use clap::Args;
use clap::builder::BoolishValueParser;
use zapiki_core::webhook::Reach;

/// What API and worker are told of webhooks.
#[derive(Debug, Args)]
pub(crate) struct WebhooksArgs {
    /// Let webhooks be anywhere, this machine and its network included, and by http, too. For tests, and where all customers are
    /// your own: otherwise they could call what only you can reach. API and workers must agree
    #[arg(long, env = "ZAPIKI_WEBHOOKS_ANYWHERE", value_parser = BoolishValueParser::new())]
    webhooks_anywhere: bool,
}

impl WebhooksArgs {
    pub(crate) const fn reach(&self) -> Reach {
        if self.webhooks_anywhere {
            Reach::Anywhere
        } else {
            Reach::Public
        }
    }
}
