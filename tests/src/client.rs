//! The client that `progenitor` generates from `docs/openapi.json`, as an integrator would have it.

use futures::TryStreamExt as _;

pub use generated::{ByteStream, Client, Error, ResponseValue, types};

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::unwrap_used,
    reason = "generated"
)]
mod generated {
    progenitor::generate_api!(spec = "../docs/openapi.json", timeout = 60);
}

/// How a call ended.
pub type Answer<T> = Result<ResponseValue<T>, Error<ByteStream>>;

/// The answer of a call that must succeed.
pub async fn ok<T>(call: impl Future<Output = Answer<T>>) -> ResponseValue<T> {
    match call.await {
        Ok(answer) => answer,
        Err(error) => panic!("{:?}", document(error).await),
    }
}

/// The problem of a call that must fail.
pub async fn problem<T>(call: impl Future<Output = Answer<T>>) -> types::Problem {
    match call.await {
        Ok(answer) => panic!("the call was answered: {}", answer.status()),
        Err(error) => document(error).await,
    }
}

/// The generator takes JSON of its own media type for bytes: here they become the document that they are.
async fn document(error: Error<ByteStream>) -> types::Problem {
    let response = match error {
        Error::ErrorResponse(response) => response,
        Error::UnexpectedResponse(response) => panic!("undocumented: {}", response.status()),
        other => panic!("no answer: {other}"),
    };
    let body: Vec<u8> = response
        .into_inner_stream()
        .map_ok(Vec::from)
        .try_concat()
        .await
        .unwrap();
    serde_json::from_slice(&body).expect("a problem document")
}
