//! What was acknowledged is there, whatever happens: power cuts that drop or tear what was not synced, disks that fill.

use camino::Utf8PathBuf;
use engine::journal::{Disk, Journal, Layer, open};
use proptest::prelude::*;
use std::io;
use std::sync::{Arc, Mutex};

/// A disk whose power is cut: what was synced stays; of the rest only what chance leaves.
#[derive(Clone, Default)]
struct Platter(Arc<Mutex<Surface>>);

#[derive(Default)]
struct Surface {
    synced: Vec<u8>,
    unsynced: Vec<u8>,
    /// Writes and syncs until the power is cut.
    left: Option<u32>,
    /// Bytes that fit.
    room: Option<usize>,
}

impl Surface {
    fn still_on(&mut self) -> io::Result<()> {
        match &mut self.left {
            Some(0) => Err(io::Error::other("the power is cut")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Layer for Platter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut surface = self.0.lock().unwrap();
        surface.still_on()?;
        let held = surface.synced.len() + surface.unsynced.len();
        let fits = surface.room.map_or(bytes.len(), |room| room.saturating_sub(held).min(bytes.len()));
        surface.unsynced.extend_from_slice(&bytes[..fits]);
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut surface = self.0.lock().unwrap();
        surface.still_on()?;
        let written = std::mem::take(&mut surface.unsynced);
        surface.synced.extend(written);
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut surface = self.0.lock().unwrap();
        surface.still_on()?;
        let keep = (length as usize).saturating_sub(surface.synced.len());
        surface.unsynced.truncate(keep);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        let surface = self.0.lock().unwrap();
        Ok((surface.synced.len() + surface.unsynced.len()) as u64)
    }
}

/// Appends so many lines, a few at a time; those that were acknowledged.
fn append(layer: Box<dyn Layer>, lines: usize, together: usize) -> Vec<usize> {
    let journal = Journal::write(vec![(Utf8PathBuf::from("a.jsonl"), layer)], None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut kept = Vec::new();
        for first in (0..lines).step_by(together) {
            let mut waiting = Vec::new();
            for line in first..(first + together).min(lines) {
                let object = format!(r#"{{"n":{line},"text":"{}"}}"#, "x".repeat(line % 40));
                waiting.push((line, journal.append(0, &object).await));
            }
            for (line, acknowledged) in waiting {
                if let Ok(Ok(())) = acknowledged.await {
                    kept.push(line);
                }
            }
        }
        kept
    })
}

fn read(path: &Utf8PathBuf) -> (Vec<usize>, u64) {
    let mut found = Vec::new();
    let opened = open(path, |line| {
        let value: serde_json::Value = serde_json::from_slice(line).expect("a whole line");
        found.push(value["n"].as_u64().expect("a number") as usize);
        true
    });
    (found, opened.expect("a journal").torn)
}

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8PathBuf::from_path_buf(folder.path().join("a.jsonl")).expect("UTF-8");
    (folder, path)
}

proptest! {
    #[test]
    fn a_power_cut_loses_nothing_that_was_acknowledged(
        on in 0u32..40, together in 1usize..7, left in any::<prop::sample::Index>(), holes in 0usize..40,
    ) {
        let platter = Platter::default();
        platter.0.lock().unwrap().left = Some(on);
        let kept = append(Box::new(platter.clone()), 60, together);
        let surface = platter.0.lock().unwrap();
        // The rest reached the disk in part, with a hole where a block was never written.
        let mut rest = surface.unsynced[..left.index(surface.unsynced.len() + 1)].to_vec();
        rest.iter_mut().take(holes).for_each(|byte| *byte = 0);
        let (_folder, path) = folder();
        std::fs::write(&path, [surface.synced.as_slice(), &rest].concat()).unwrap();
        let (found, _) = read(&path);
        prop_assert!(kept.iter().all(|line| found.contains(line)), "{kept:?} {found:?}");
        // What comes after is found too, and nothing torn is left.
        let after = append(Box::new(Disk::open(&path).unwrap()), 5, 2);
        prop_assert_eq!(after.len(), 5);
        let (again, torn) = read(&path);
        prop_assert_eq!((again.len(), torn), (found.len() + 5, 0));
    }

    #[test]
    fn a_disk_that_fills_keeps_what_was_acknowledged_and_no_half_line(room in 0usize..3000, together in 1usize..7) {
        let platter = Platter::default();
        platter.0.lock().unwrap().room = Some(room);
        let kept = append(Box::new(platter.clone()), 60, together);
        let surface = platter.0.lock().unwrap();
        let (_folder, path) = folder();
        std::fs::write(&path, [surface.synced.as_slice(), &surface.unsynced].concat()).unwrap();
        let (found, torn) = read(&path);
        prop_assert_eq!((found, torn), (kept, 0));
    }
}

#[test]
fn lines_without_use_are_put_aside_and_not_lost() {
    let (_folder, path) = folder();
    append(Box::new(Disk::open(&path).unwrap()), 10, 3);
    let opened = open(&path, |line| !line.windows(6).any(|part| part == br#""n":3,"#)).unwrap();
    assert_eq!((opened.kept, opened.left, opened.torn), (9, 1, 0));
    assert_eq!(read(&path).0, [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    assert_eq!(read(&path.with_extension("left.jsonl")).0, [3]);
}

#[test]
fn a_journal_that_does_not_exist_holds_nothing() {
    let (_folder, path) = folder();
    assert_eq!(read(&path), (Vec::new(), 0));
}

#[test]
fn what_cannot_be_made_durable_is_not_taken_for_what_is() {
    // A device that no sync can be asked of.
    assert_eq!(open("/dev/null".into(), |_| true).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}
