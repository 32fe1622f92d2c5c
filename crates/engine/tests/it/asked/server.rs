//! A server on loopback that gives each connection the next of the replies it was told, and keeps what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

pub struct Server {
    at: SocketAddr,
    asked: Receiver<Asked>,
}

/// A request as it came.
#[derive(Debug)]
pub struct Asked {
    pub line: String,
    /// `name: value`, names in lower case.
    pub headers: Vec<String>,
    pub body: Vec<u8>,
}

pub enum Play {
    /// Status, headers beyond the length, body.
    Say(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, and then the end.
    Bytes(Vec<u8>),
    /// The request is read, and nothing said.
    Stall,
    /// A head, and then a byte now and then.
    Drip,
    /// The connection is reset before the request is read.
    Reset,
    /// A body of so many bytes.
    Endless(u64),
    /// What came, said back as an error message.
    Echo,
}

pub fn json(body: serde_json::Value) -> Play {
    says(200, body)
}

pub fn says(status: u16, body: serde_json::Value) -> Play {
    Play::Say(status, vec![("content-type", "application/json".to_owned())], body.to_string().into_bytes())
}

impl Server {
    pub fn new(plays: Vec<Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let (send, asked) = channel();
        std::thread::spawn(move || {
            for play in plays {
                let Ok((stream, _)) = listener.accept() else { return };
                // What a client does to its connection is no fault of the server.
                let _ = answer(stream, play, &send);
            }
        });
        Server { at, asked }
    }

    /// Under a certificate of its own authority; with the authority's certificate in PEM.
    pub fn secure(play: Play) -> (Self, String) {
        let authority = Authority::new();
        let secrets = authority.server();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let (send, asked) = channel();
        std::thread::spawn(move || {
            let mut play = Some(play);
            while let Ok((stream, _)) = listener.accept() {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
                let Ok(connection) = rustls::ServerConnection::new(Arc::clone(&secrets)) else { return };
                let mut stream = rustls::StreamOwned::new(connection, stream);
                // A client that does not trust the authority goes before it asks.
                let Ok(request) = read(&mut stream) else { continue };
                let _ = send.send(request);
                if let Some(Play::Say(status, headers, body)) = play.take() {
                    let _ = say(&mut stream, status, &headers, &body);
                }
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        (Server { at, asked }, authority.pem)
    }

    /// A SOCKS5 proxy (RFC 1928, no authentication) before a server; hands on what it was asked to connect to, and connects there.
    pub fn socks(before: SocketAddr) -> (SocketAddr, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let (send, wanted) = channel();
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let _ = hand_on(stream, before, &send);
            }
        });
        (at, wanted)
    }

    pub fn at(&self) -> SocketAddr {
        self.at
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    pub fn port(&self) -> u16 {
        self.at.port()
    }

    /// The next request that came.
    pub fn asked(&self) -> Asked {
        self.asked.recv_timeout(Duration::from_secs(20)).expect("the server was asked")
    }
}

fn answer(mut stream: TcpStream, play: Play, asked: &Sender<Asked>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    if let Play::Reset = play {
        // Closing with bytes unread resets the connection.
        stream.peek(&mut [0])?;
        return Ok(());
    }
    let request = read(&mut stream)?;
    let echo = format!("{}\n{}", request.line, request.headers.join("\n"));
    let _ = asked.send(request);
    match play {
        Play::Say(status, headers, body) => say(&mut stream, status, &headers, &body),
        Play::Bytes(bytes) => stream.write_all(&bytes),
        Play::Echo => {
            let body = serde_json::json!({"error": {"message": echo}}).to_string();
            let head = format!("HTTP/1.1 400 X\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes())?;
            stream.write_all(body.as_bytes())
        }
        // Until the client hangs up.
        Play::Stall => stream.read(&mut [0]).map(drop),
        Play::Drip => {
            stream.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 100000\r\n\r\n")?;
            loop {
                stream.write_all(b" ")?;
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Play::Endless(length) => {
            stream.write_all(b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n\r\n")?;
            for _ in 0..length / (1 << 20) {
                stream.write_all(&[b' '; 1 << 20])?;
            }
            Ok(())
        }
        Play::Reset => Ok(()),
    }
}

fn say(stream: &mut impl Write, status: u16, headers: &[(&str, String)], body: &[u8]) -> std::io::Result<()> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

/// A certificate authority that nobody trusts yet.
struct Authority {
    pem: String,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut wanted = rcgen::CertificateParams::new(Vec::new()).unwrap();
        wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = wanted.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: rcgen::Issuer::new(wanted, key) }
    }

    /// What a server on loopback shows.
    fn server(&self) -> Arc<rustls::ServerConfig> {
        let key = rcgen::KeyPair::generate().unwrap();
        let wanted = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let shown = wanted.signed_by(&key, &self.issuer).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let with = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(with).with_safe_default_protocol_versions().unwrap();
        Arc::new(config.with_no_client_auth().with_single_cert(vec![shown.der().clone()], key).unwrap())
    }
}

fn hand_on(mut client: TcpStream, before: SocketAddr, wanted: &Sender<String>) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting)?;
    client.read_exact(&mut vec![0; usize::from(greeting[1])])?;
    client.write_all(&[5, 0])?;
    let mut request = [0; 4];
    client.read_exact(&mut request)?;
    let host = match request[3] {
        1 => {
            let mut address = [0; 4];
            client.read_exact(&mut address)?;
            std::net::Ipv4Addr::from(address).to_string()
        }
        _ => {
            let mut length = [0];
            client.read_exact(&mut length)?;
            let mut name = vec![0; usize::from(length[0])];
            client.read_exact(&mut name)?;
            String::from_utf8_lossy(&name).into_owned()
        }
    };
    let mut port = [0; 2];
    client.read_exact(&mut port)?;
    let _ = wanted.send(format!("{host}:{}", u16::from_be_bytes(port)));
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let server = TcpStream::connect(before)?;
    let (mut to, mut from) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut &server, &mut client).map(drop)
}

fn read(stream: &mut impl Read) -> std::io::Result<Asked> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = head {
            let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut lines = text.lines();
            let line = lines.next().unwrap_or_default().to_owned();
            let headers: Vec<String> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| format!("{}: {}", name.to_lowercase(), value.trim()))
                .collect();
            let length = headers.iter().find_map(|header| header.strip_prefix("content-length: ")?.parse().ok());
            let length: usize = length.unwrap_or(0);
            while bytes.len() < end + 4 + length {
                let read = stream.read(&mut buffer)?;
                bytes.extend_from_slice(&buffer[..read]);
                if read == 0 {
                    break;
                }
            }
            return Ok(Asked { line, headers, body: bytes[end + 4..].to_vec() });
        }
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
}
