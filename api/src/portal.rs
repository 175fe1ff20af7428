//! The customer portal under `/portal`: static files, which are part of the binary.
//!
//! It is a client of the public API, written as plain modules that browsers run as they are. Nothing here knows a tenant: who may
//! see what, the API decides by the key that the page sends. A page of it loads nothing from elsewhere, runs no script and applies
//! no style that is not a file of its own, and cannot make markup of a string.

use poem::http::{StatusCode, header};
use poem::middleware::SetHeader;
use poem::web::headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use poem::{Endpoint, Request, Response};
use sha2::{Digest as _, Sha256};

/// What a browser may do with it. Scripts that are not files of ours do not run, whatever text an answer has.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'none'; frame-ancestors 'none'; base-uri 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file of the portal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File {
    /// Where it is served.
    pub(crate) path: &'static str,
    content_type: &'static str,
    text: &'static str,
}

macro_rules! file {
    ($name:literal, $content_type:expr) => {
        File {
            path: concat!("/portal/", $name),
            content_type: $content_type,
            text: include_str!(concat!("../portal/", $name)),
        }
    };
}

/// All of them.
pub(crate) const FILES: &[File] = &[
    File {
        path: "/portal",
        content_type: HTML,
        text: include_str!("../portal/index.html"),
    },
    file!("api.js", SCRIPT),
    file!("ask.js", SCRIPT),
    file!("batches.js", SCRIPT),
    file!("catalogue.js", SCRIPT),
    file!("decisions.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("failures.js", SCRIPT),
    file!("followers.js", SCRIPT),
    file!("icon.svg", SVG),
    file!("jobs.js", SCRIPT),
    file!("main.js", SCRIPT),
    file!("overview.js", SCRIPT),
    file!("parts.js", SCRIPT),
    file!("portal.css", CSS),
    file!("proof.js", SCRIPT),
    file!("session.js", SCRIPT),
    file!("words.js", SCRIPT),
];

/// What all of its answers say.
pub(crate) fn headers() -> SetHeader {
    SetHeader::new()
        .overriding(header::CONTENT_SECURITY_POLICY, POLICY)
        .overriding(header::REFERRER_POLICY, "no-referrer")
        .overriding(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .overriding("Cross-Origin-Opener-Policy", "same-origin")
        .overriding("Cross-Origin-Resource-Policy", "same-origin")
}

/// Serves a file. Browsers keep it, and ask each time whether it is still the one: modules of two releases do not mix.
pub(crate) struct Served {
    file: File,
    tag: Option<ETag>,
}

impl File {
    /// To be served.
    pub(crate) fn served(self) -> Served {
        let tag = format!("\"{:x}\"", Sha256::digest(self.text));
        Served {
            file: self,
            tag: tag.parse().ok(),
        }
    }
}

impl Endpoint for Served {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let mut response = Response::builder()
            .content_type(self.file.content_type)
            .header(header::CACHE_CONTROL, "no-cache")
            .body(self.file.text);
        if let Some(tag) = &self.tag {
            let known = request.headers().typed_get::<IfNoneMatch>();
            if known.is_some_and(|known| !known.precondition_passes(tag)) {
                response = Response::builder()
                    .status(StatusCode::NOT_MODIFIED)
                    .header(header::CACHE_CONTROL, "no-cache")
                    .finish();
            }
            response.headers_mut().typed_insert(tag.clone());
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use zapiki_core::failure::FailureKind;
    use zapiki_core::state::ProofState;
    use zapiki_store::Resolution;
    use zapiki_workflows::client::JobEventKind;

    use super::*;

    /// The keys of a table of `words.js`.
    fn words(table: &str) -> BTreeSet<&'static str> {
        let text = include_str!("../portal/words.js");
        let start = format!("export const {table} = {{");
        let (_, rest) = text.split_once(&start).unwrap();
        let (body, _) = rest.split_once("\n};").unwrap();
        let keys = body.lines().filter_map(|line| line.trim().split_once(": "));
        keys.map(|(key, _)| key).collect()
    }

    #[test]
    fn the_portal_has_words_for_every_name_of_the_api() {
        let all = |names: Vec<&'static str>| names.into_iter().collect::<BTreeSet<_>>();
        let kinds = FailureKind::ALL.iter().map(|kind| kind.as_str());
        assert_eq!(words("FAILURES"), all(kinds.collect()));
        let states = ProofState::ALL.iter().map(|state| state.as_str());
        assert_eq!(words("STATES"), all(states.collect()));
        let events = JobEventKind::ALL.iter().map(|event| event.as_str());
        assert_eq!(words("EVENTS"), all(events.collect()));
        let statuses = Resolution::ALL.iter().map(|status| status.as_str());
        assert_eq!(words("STATUSES"), all(statuses.chain(["open"]).collect()));
    }

    #[test]
    fn every_file_of_the_folder_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/portal");
        let entries = std::fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let paths: BTreeSet<_> = names
            .map(|name| match name.as_str() {
                "index.html" => "/portal".to_owned(),
                name => format!("/portal/{name}"),
            })
            .collect();
        assert_eq!(paths, FILES.iter().map(|f| f.path.to_owned()).collect());
    }

    /// What the policy would not run is not written either.
    #[test]
    fn nothing_is_inline_and_no_string_becomes_markup() {
        for file in FILES {
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "eval(",
                "http:",
                "https:",
                " style=",
                "<style",
            ] {
                assert!(
                    !file.text.contains(word) || file.path == "/portal/icon.svg",
                    "{} has {word}",
                    file.path
                );
            }
        }
    }
}
