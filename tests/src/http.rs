//! Calls as bytes, for what no generated client would send, and answers as bytes, to look through.

use std::sync::{Arc, Mutex};

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use zapiki_core::problem::ProblemCode;

/// Every answer of a stack to such a call: status, headers and body.
pub type Transcript = Arc<Mutex<String>>;

/// Somebody who calls.
#[derive(Debug, Clone)]
pub struct Http {
    pub(crate) base: String,
    pub(crate) client: Client,
    pub(crate) transcript: Transcript,
}

impl Http {
    /// The address of a page.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A call that is being put together.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call {
            request: self.client.request(method, self.url(path)),
            transcript: self.transcript.clone(),
        }
    }

    /// A call that reads.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// A call that deletes.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// A call with a body that says it is JSON.
    pub fn post(&self, path: &str, body: impl ToString) -> Call {
        self.call(Method::POST, path)
            .header("Content-Type", "application/json")
            .body(body)
    }
}

/// A call that is being put together.
#[must_use]
#[derive(Debug)]
pub struct Call {
    request: RequestBuilder,
    transcript: Transcript,
}

impl Call {
    /// With this header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self {
            request: self.request.header(name, value),
            ..self
        }
    }

    /// With this body.
    pub fn body(self, body: impl ToString) -> Self {
        Self {
            request: self.request.body(body.to_string()),
            ..self
        }
    }

    /// Sends it.
    pub async fn send(self) -> Answer {
        let response = self.request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a whole answer");
        let answer = Answer {
            status,
            headers,
            text,
        };
        let mut transcript = self.transcript.lock().unwrap();
        transcript.push_str(&format!("{answer:?}\n{}\n", answer.text));
        answer
    }

    /// Sends it, and it must fail with this code, and be a problem document in all its parts.
    pub async fn refused(self, code: ProblemCode) -> Value {
        self.send().await.problem(code)
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The body. The status must be this one.
    pub fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).expect("JSON")
    }

    fn problem(&self, code: ProblemCode) -> Value {
        let problem = self.json(code.status());
        assert_eq!(problem["code"], code.as_str(), "{}", self.text);
        assert_eq!(problem["status"], code.status(), "{}", self.text);
        assert_eq!(problem["title"], code.title(), "{}", self.text);
        assert_eq!(
            self.header(CONTENT_TYPE.as_str()),
            "application/problem+json"
        );
        assert_eq!(problem["request_id"], self.header("X-Request-Id"));
        problem
    }
}
