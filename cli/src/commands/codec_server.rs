//! `zapiki codec-server`: opens Temporal's payloads for operators who may read them.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use url::Url;
use zapiki_core::payload_keys::PayloadKeys;
use zapiki_workflows::client::SealedPayloads;

use crate::codec::{CodecServer, Token, serve};
use crate::exit::Outcome;
use crate::files;
use crate::kek::{KekArgs, bad};
use crate::shutdown::{self, ShutdownArgs};

/// The longest token file that is read, in bytes.
const TOKEN_BYTES_MAX: u64 = 4 * 1024;

const HELP: &str = "\
Temporal stores our payloads sealed. This server opens them, on a machine that an operator may reach and nobody else; put
TLS in front of it if that is another machine than theirs.

  (umask 077; openssl rand -hex 32 > codec.token)
  zapiki keys payloads --kek-file kek --out payloads.keys
  zapiki codec-server --token-file codec.token --kek-file payloads.keys --ui-origin http://localhost:8233

`zapiki keys payloads` makes a file that opens payloads and no private input: the server needs no more. A whole key file works
as well.

The command line:
  temporal workflow show --workflow-id proof_… --output json \\
    --codec-endpoint http://127.0.0.1:8234 --codec-auth \"Bearer $(cat codec.token)\"

The Temporal UI calls from the browser. Click the glasses at the top right (Configure Codec Server) and enter
http://localhost:8234. If the UI has a login whose access token is this token, switch on `Pass the user access token`. If not,
open http://localhost:8234 once, sign in with any name and the token as the password, and switch on `Include cross-origin
credentials`: the browser then sends what it was told. UI and codec server must have the same host name for that. Then load the
page of the UI again: what it shows already, it does not open.";

/// Options of `codec-server`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct CodecServerArgs {
    /// Where to listen
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "ZAPIKI_CODEC_LISTEN",
        default_value = "127.0.0.1:8234"
    )]
    listen: String,
    /// The file with the token that callers show, of 32 characters or more; mode 0600
    #[arg(long, value_name = "FILE", env = "ZAPIKI_CODEC_TOKEN_FILE")]
    token_file: PathBuf,
    /// Where the Temporal UI is, such as http://localhost:8233: its pages may call, no others. Default: no page may
    #[arg(long, value_name = "ORIGIN", env = "ZAPIKI_CODEC_UI_ORIGIN", value_parser = origin)]
    ui_origin: Option<String>,
    /// Temporal's namespace; who asks for another is refused
    #[arg(
        long,
        value_name = "NAME",
        env = "ZAPIKI_TEMPORAL_NAMESPACE",
        default_value = "default"
    )]
    temporal_namespace: String,
    #[command(flatten)]
    shutdown: ShutdownArgs,
    // Last: its heading would stand above what follows.
    #[command(flatten)]
    kek: KekArgs,
}

/// An origin as browsers send it: scheme, host, port, and nothing behind.
fn origin(text: &str) -> Result<String> {
    let url: Url = text.parse().context("no URL")?;
    let origin = url.origin();
    let rest = url.path().trim_start_matches('/');
    let bare = rest.is_empty() && url.query().is_none() && url.username().is_empty();
    if !origin.is_tuple() || !bare {
        bail!("an origin is a scheme, a host and a port, such as http://localhost:8233");
    }
    Ok(origin.ascii_serialization())
}

/// Runs it until it is asked to stop.
pub(crate) async fn run(args: CodecServerArgs) -> Result<Outcome> {
    files::check_private(&args.token_file)?;
    let token = files::read(&args.token_file, TOKEN_BYTES_MAX)?;
    let of_file = || format!("{} holds no token", args.token_file.display());
    let token = std::str::from_utf8(&token).with_context(of_file)?;
    let source = args.kek.source()?;
    let keys = PayloadKeys::parse(&source.text().await?).with_context(|| bad(&source))?;
    let server = CodecServer {
        payloads: SealedPayloads::new(keys),
        namespace: args.temporal_namespace,
        ui_origin: args.ui_origin,
        token: Token::parse(token).with_context(of_file)?,
    };
    let (wish, heard) = shutdown::listen(args.shutdown);
    let ready = |address: &str| tracing::info!(address, "the codec server is ready");
    serve(server, &args.listen, ready, wish).await?;
    heard.await?;
    Ok(Outcome::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        for (text, expected) in [
            ("http://localhost:8233", "http://localhost:8233"),
            ("https://ui.example/", "https://ui.example"),
            ("https://UI.example:443", "https://ui.example"),
        ] {
            assert_eq!(origin(text).unwrap(), expected);
        }
        for bad in [
            "*",
            "null",
            "localhost:8233",
            "https://a.example/ui",
            "https://u@a.example",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
