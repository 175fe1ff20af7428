//! A very small HTTP/1.1 client for servers that this program started on 127.0.0.1.
//!
//! One request per connection, with a limit on time and size. It keeps a TLS stack and an async runtime out of the
//! crate that everybody compiles first.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

const CONNECT_MS_MAX: u64 = 2_000;
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// What is asked of a server.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The method.
    pub(crate) method: &'a str,
    /// The path, with its query.
    pub(crate) path: &'a str,
    /// Further headers.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub(crate) body: Option<&'a Value>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// The headers, names in lower case.
    headers: Vec<(String, String)>,
    /// The body, decoded from its transfer coding.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The body as JSON.
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).context("the answer is not JSON")
    }

    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Asks a local server, and waits this long for its answer.
pub(crate) fn send(port: u16, request: &Request<'_>, wait: Duration) -> anyhow::Result<Response> {
    let Request {
        method,
        path,
        headers,
        body,
    } = request;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(CONNECT_MS_MAX))
        .with_context(|| format!("nothing answers on port {port}"))?;
    stream.set_read_timeout(Some(wait))?;
    stream.set_write_timeout(Some(wait))?;
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept: application/json\r\n"
    );
    for (name, value) in *headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    if !body.is_empty() {
        text.push_str(&format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        ));
    }
    stream.write_all(format!("{text}\r\n{body}").as_bytes())?;
    let mut bytes = Vec::new();
    stream
        .take(ANSWER_BYTES_MAX)
        .read_to_end(&mut bytes)
        .with_context(|| format!("no whole answer from port {port} to {method} {path}"))?;
    parse(&bytes)
}

/// Asks a local server for a path.
pub(crate) fn get(port: u16, path: &str, wait: Duration) -> anyhow::Result<Response> {
    send(
        port,
        &Request {
            method: "GET",
            path,
            headers: &[],
            body: None,
        },
        wait,
    )
}

/// Splits an answer into status and body.
fn parse(bytes: &[u8]) -> anyhow::Result<Response> {
    let head_end = find(bytes, b"\r\n\r\n").context("the answer has no end of headers")?;
    let head =
        std::str::from_utf8(&bytes[..head_end]).context("the answer's headers are not text")?;
    let body = &bytes[head_end + 4..];
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|code| code.parse().ok())
        .context("the answer has no status code")?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut response = Response {
        status,
        headers,
        body: Vec::new(),
    };
    response.body = if response
        .header("transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    {
        unchunk(body)?
    } else if let Some(length) = response.header("content-length") {
        let length: usize = length
            .parse()
            .context("the answer's length is not a number")?;
        ensure!(body.len() >= length, "the answer ended early");
        body[..length].to_vec()
    } else {
        body.to_vec()
    };
    Ok(response)
}

/// Undoes the chunked transfer coding.
fn unchunk(mut rest: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = find(rest, b"\r\n").context("a chunk has no size")?;
        let size = std::str::from_utf8(&rest[..end]).context("a chunk's size is not text")?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).context("a chunk's size is not a number")?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Ok(body);
        }
        if size.checked_add(2).is_none_or(|whole| whole > rest.len()) {
            bail!("the answer ended within a chunk");
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_with_a_length() {
        let response = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(response.header("content-length"), Some("2"));
        assert_eq!(response.json().unwrap(), serde_json::json!({}));
    }

    #[test]
    fn a_chunked_body() {
        let response =
            parse(b"HTTP/1.1 503 No\r\ntransfer-encoding: Chunked\r\n\r\n2\r\n[1\r\n1;x=y\r\n]\r\n0\r\n\r\n").unwrap();
        assert_eq!(response.status, 503);
        assert_eq!(response.body, b"[1]");
    }

    #[test]
    fn broken_answers_are_errors() {
        for bytes in [
            &b""[..],
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab\r\n",
        ] {
            assert!(parse(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }
}
