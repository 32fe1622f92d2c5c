//! Images that lie beside the examples, as they are sent.
//!
//! in      turns whose images are named by address or by a path in the eval's folder
//! out     the same turns, each path replaced by what the file holds, as a `data:` address (RFC 2397)
//! errors  a file that is not there, leads out of the folder, is too large or no image that an API takes: in words
//! note    a request names what it sends: where the file changes, it is another request

use super::turns::{Part, Turn};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use std::borrow::Cow;
use std::fs;

/// The most that any of the APIs takes.
const LARGEST: u64 = 20 << 20;

pub struct Images {
    folder: Utf8PathBuf,
}

impl Images {
    pub fn within(folder: &Utf8Path) -> Self {
        Images { folder: folder.to_owned() }
    }

    pub fn put_in(&self, turns: &mut [Turn<'_>]) -> Result<(), String> {
        for part in turns.iter_mut().flat_map(|turn| &mut turn.parts) {
            if let Part::Image { url, .. } = part
                && !is_address(url)
            {
                *url = Cow::Owned(self.read(url)?);
            }
        }
        Ok(())
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let refused = |what: &str| Err(format!("the image `{path}` {what}"));
        let unreadable = |cause: std::io::Error| format!("the image `{path}` cannot be read: {cause}");
        let home = if self.folder.as_str().is_empty() { Utf8Path::new(".") } else { &self.folder };
        let home = home.canonicalize_utf8().map_err(unreadable)?;
        let file = home.join(path).canonicalize_utf8().map_err(unreadable)?;
        if !file.starts_with(&home) {
            return refused("leads out of the eval's folder");
        }
        let known = fs::metadata(&file).map_err(unreadable)?;
        if !known.is_file() {
            return refused("is no file");
        }
        if known.len() > LARGEST {
            return refused("is larger than 20 MB");
        }
        let bytes = fs::read(&file).map_err(unreadable)?;
        match kind(&bytes) {
            Some(kind) => Ok(format!("data:{kind};base64,{}", STANDARD.encode(bytes))),
            None => refused("is neither PNG, JPEG, GIF nor WebP"),
        }
    }
}

/// `https://…` and `data:…` go as they are. A drive's letter is no scheme.
fn is_address(text: &str) -> bool {
    let word = |scheme: &str| scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.split_once(':').is_some_and(|(scheme, _)| word(scheme))
}

/// By what the file begins with: its name may lie.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}
