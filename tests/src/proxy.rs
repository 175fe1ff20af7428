//! A network that can be made to fail: a TCP proxy before a server, so that what two processes say to each other can be
//! held back, delayed, cut off or refused while both of them live.
//!
//! It knows nothing of what it carries.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    /// As it should be.
    Fair,
    /// Each piece arrives so much later.
    Slow(Duration),
    /// Nothing arrives, and nobody is told: as behind a firewall that drops.
    Silent,
    /// Connections end, and new ones are refused: as when the machine is down.
    Away,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Orders {
    weather: Weather,
    /// Counts the resets. A connection that sees it change ends.
    resets: u64,
}

/// The proxy before one server. Ends with all its connections when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    orders: watch::Sender<Orders>,
    running: AbortHandle,
}

impl Proxy {
    /// Before the server at this address, `host:port`.
    pub async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (orders, heard) = watch::channel(Orders {
            weather: Weather::Fair,
            resets: 0,
        });
        let running = tokio::spawn(serve(listener, address, server.to_owned(), heard));
        Self {
            address,
            orders,
            running: running.abort_handle(),
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// All is well again.
    pub fn restore(&self) {
        self.set(Weather::Fair);
    }

    /// Each piece arrives so much later.
    pub fn slow(&self, delay: Duration) {
        self.set(Weather::Slow(delay));
    }

    /// Nothing arrives any more, and nobody is told.
    pub fn silence(&self) {
        self.set(Weather::Silent);
    }

    /// Ends all connections and refuses new ones.
    pub fn cut(&self) {
        self.set(Weather::Away);
        self.reset();
    }

    /// Ends all connections there are, as a firewall that lost its memory does (RST, not FIN). New ones are served.
    pub fn reset(&self) {
        self.orders.send_modify(|orders| orders.resets += 1);
    }

    fn set(&self, weather: Weather) {
        self.orders.send_modify(|orders| orders.weather = weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn serve(
    listener: TcpListener,
    address: SocketAddr,
    server: String,
    mut orders: watch::Receiver<Orders>,
) {
    let mut listener = Some(listener);
    // Dropped, and with it all connections, when this task is aborted.
    let mut connections = JoinSet::new();
    loop {
        let is_away = orders.borrow_and_update().weather == Weather::Away;
        if is_away {
            // Without a listener the system refuses.
            listener = None;
        } else if listener.is_none() {
            listener = Some(listen_again(address));
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = accepted => if let Ok((client, _)) = accepted {
                connections.spawn(carry(client, server.clone(), orders.clone()));
            },
            changed = orders.changed() => if changed.is_err() {
                return;
            },
            _ended = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

fn listen_again(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an option");
    socket.bind(address).expect("the port that it had");
    socket.listen(128).expect("a listener")
}

/// Carries one connection until one side ends it or it is reset.
async fn carry(mut client: TcpStream, server: String, mut orders: watch::Receiver<Orders>) {
    let Orders { weather, resets } = *orders.borrow_and_update();
    let connected = TcpStream::connect(&server).await;
    let (Ok(mut upstream), true) = (connected, weather != Weather::Away) else {
        let _set = client.set_zero_linger();
        return;
    };
    for stream in [&client, &upstream] {
        let _set = stream.set_nodelay(true);
    }
    let is_reset = {
        let (client_out, client_in) = client.split();
        let (upstream_out, upstream_in) = upstream.split();
        let weather = orders.clone();
        let both = async {
            tokio::join!(
                pump(client_out, upstream_in, weather.clone()),
                pump(upstream_out, client_in, weather),
            )
        };
        tokio::select! {
            _ends = both => false,
            _reset = orders.wait_for(|orders| orders.resets != resets) => true,
        }
    };
    if is_reset {
        // Closing then sends RST instead of FIN, and drops what is under way.
        for stream in [&client, &upstream] {
            let _set = stream.set_zero_linger();
        }
    }
}

/// Carries one direction, then tells the other side that it ended.
async fn pump(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut orders: watch::Receiver<Orders>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        let heard = orders
            .wait_for(|orders| orders.weather != Weather::Silent)
            .await;
        let Ok(weather) = heard.map(|orders| orders.weather) else {
            return;
        };
        if let Weather::Slow(delay) = weather {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _ended = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::time::Instant;

    use tokio::time::timeout;

    use super::*;
    use crate::wait::eventually;

    const MOMENT: Duration = Duration::from_millis(200);

    /// A server that says back what it hears, and a proxy before it.
    async fn echo() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ended = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        Proxy::before(&address).await
    }

    async fn say(stream: &mut TcpStream) -> std::io::Result<()> {
        stream.write_all(b"hello").await?;
        stream.read_exact(&mut [0; 5]).await.map(|_| ())
    }

    #[tokio::test]
    async fn it_carries_and_holds_back_and_delays() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut stream).await.unwrap();

        proxy.silence();
        assert!(timeout(MOMENT, say(&mut stream)).await.is_err());
        proxy.restore();
        // What was held back arrives.
        stream.read_exact(&mut [0; 5]).await.unwrap();

        proxy.slow(MOMENT);
        let begun = Instant::now();
        say(&mut stream).await.unwrap();
        assert!(begun.elapsed() >= 2 * MOMENT, "there and back");
    }

    #[tokio::test]
    async fn it_resets_and_refuses() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut stream).await.unwrap();
        proxy.reset();
        assert_eq!(
            stream.read(&mut [0; 5]).await.unwrap_err().kind(),
            ErrorKind::ConnectionReset
        );

        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut stream).await.unwrap();
        proxy.cut();
        assert_eq!(
            stream.read(&mut [0; 5]).await.unwrap_err().kind(),
            ErrorKind::ConnectionReset
        );
        eventually("it refuses", async || {
            let refused = TcpStream::connect(proxy.address()).await.err()?;
            (refused.kind() == ErrorKind::ConnectionRefused).then_some(())
        })
        .await;
        proxy.restore();
        say(&mut reached(&proxy).await).await.unwrap();
    }

    async fn reached(proxy: &Proxy) -> TcpStream {
        eventually("it listens again", async || {
            TcpStream::connect(proxy.address()).await.ok()
        })
        .await
    }
}
