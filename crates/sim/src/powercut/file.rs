//! One file as the operating system shows it (the cache) over the file as the disk holds it (the platter).
//!
//! Invariants: reading through the cache gives what was written last, synced or not; the platter changes in [`flush`]
//! and [`tear`] only. Nothing here knows SQLite.
//!
//! [`flush`]: CachedFile::flush
//! [`tear`]: CachedFile::tear

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::random::Random;

/// The unit a disk writes whole or not at all, in bytes.
const SECTOR_BYTES: u64 = 512;

type SectorImage = Box<[u8; SECTOR_BYTES as usize]>;

/// What survives a power cut.
pub(super) trait Platter {
    type Error;
    /// Fills `buffer`; the caller asks only for bytes inside the file.
    fn read(&mut self, buffer: &mut [u8], offset: u64) -> Result<(), Self::Error>;
    fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), Self::Error>;
    fn set_len(&mut self, bytes: u64) -> Result<(), Self::Error>;
}

impl Platter for File {
    type Error = io::Error;

    fn read(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }

    fn write(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        File::set_len(self, bytes)
    }
}

struct DirtySector {
    latest: SectorImage,
    /// What an earlier write, not synced either, had put here: the disk may have got that one and not the latest.
    earlier: Option<SectorImage>,
    /// A failed sync marks its pages clean without having written them (as Linux does): later syncs skip this sector.
    abandoned: bool,
}

/// A file with its writes and truncations since the last successful sync.
pub(super) struct CachedFile {
    /// Length as a reader sees it.
    size: u64,
    /// Length of the file on the platter.
    platter_size: u64,
    /// Bytes of the platter that no truncation since the last sync has cut off.
    floor: u64,
    sectors: BTreeMap<u64, DirtySector>,
}

impl CachedFile {
    /// A file without unsynced changes.
    pub(super) fn clean(size: u64) -> Self {
        CachedFile {
            size,
            platter_size: size,
            floor: size,
            sectors: BTreeMap::new(),
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn is_clean(&self) -> bool {
        self.sectors.is_empty() && self.floor == self.platter_size && self.size == self.platter_size
    }

    /// Sectors that a power cut now would lose.
    pub(super) fn unsynced_sectors(&self) -> u64 {
        self.sectors.len() as u64
    }

    /// Fills `buffer` from `offset`, with zeros past the end. False if the file ends before the buffer does.
    pub(super) fn read<P: Platter>(
        &self,
        platter: &mut P,
        buffer: &mut [u8],
        offset: u64,
    ) -> Result<bool, P::Error> {
        buffer.fill(0);
        let end = offset + buffer.len() as u64;
        let on_platter = self.floor.min(end).saturating_sub(offset) as usize;
        if on_platter > 0 {
            platter.read(&mut buffer[..on_platter], offset)?;
        }
        for (index, sector) in self
            .sectors
            .range(offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES))
        {
            let start = index * SECTOR_BYTES;
            let (from, to) = (start.max(offset), (start + SECTOR_BYTES).min(end));
            buffer[(from - offset) as usize..(to - offset) as usize]
                .copy_from_slice(&sector.latest[(from - start) as usize..(to - start) as usize]);
        }
        Ok(end <= self.size)
    }

    /// Writes into the cache; the platter is only read, to complete sectors written in part.
    pub(super) fn write<P: Platter>(
        &mut self,
        platter: &mut P,
        bytes: &[u8],
        offset: u64,
    ) -> Result<(), P::Error> {
        let end = offset + bytes.len() as u64;
        for index in offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES) {
            let start = index * SECTOR_BYTES;
            let (from, to) = (start.max(offset), (start + SECTOR_BYTES).min(end));
            let mut image: SectorImage = Box::new([0; SECTOR_BYTES as usize]);
            if to - from < SECTOR_BYTES {
                self.read(platter, image.as_mut_slice(), start)?;
            }
            image[(from - start) as usize..(to - start) as usize]
                .copy_from_slice(&bytes[(from - offset) as usize..(to - offset) as usize]);
            let earlier = self
                .sectors
                .remove(&index)
                .filter(|sector| !sector.abandoned)
                .map(|sector| sector.latest);
            self.sectors.insert(
                index,
                DirtySector {
                    latest: image,
                    earlier,
                    abandoned: false,
                },
            );
        }
        self.size = self.size.max(end);
        Ok(())
    }

    /// Cuts or lengthens (with zeros) the file in the cache.
    pub(super) fn truncate(&mut self, size: u64) {
        self.sectors.split_off(&size.div_ceil(SECTOR_BYTES));
        let kept = (size % SECTOR_BYTES) as usize;
        if kept > 0
            && let Some(last) = self.sectors.get_mut(&(size / SECTOR_BYTES))
        {
            // What lies behind the new end must read as zeros if the file grows again.
            last.latest[kept..].fill(0);
        }
        self.floor = self.floor.min(size);
        self.size = size;
    }

    /// Brings the platter up to date: what a successful sync does.
    pub(super) fn flush<P: Platter>(&mut self, platter: &mut P) -> Result<(), P::Error> {
        if self.platter_size > self.floor {
            platter.set_len(self.floor)?;
            self.platter_size = self.floor;
        }
        for (offset, bytes) in self.dirty_runs() {
            platter.write(&bytes, offset)?;
            self.platter_size = self.platter_size.max(offset + bytes.len() as u64);
        }
        if self.platter_size != self.size {
            platter.set_len(self.size)?;
            self.platter_size = self.size;
        }
        self.floor = self.size;
        self.sectors.retain(|_, sector| sector.abandoned);
        Ok(())
    }

    /// Neighbouring dirty sectors as one write each, clipped to the file's end.
    fn dirty_runs(&self) -> Vec<(u64, Vec<u8>)> {
        let mut runs: Vec<(u64, Vec<u8>)> = Vec::new();
        for (index, sector) in self.sectors.iter().filter(|(_, sector)| !sector.abandoned) {
            let start = index * SECTOR_BYTES;
            let bytes = self.clipped(start, &sector.latest);
            match runs.last_mut() {
                Some((offset, run)) if *offset + run.len() as u64 == start => {
                    run.extend_from_slice(bytes)
                }
                _ => runs.push((start, bytes.to_vec())),
            }
        }
        runs
    }

    fn clipped<'a>(&self, start: u64, image: &'a SectorImage) -> &'a [u8] {
        let bytes = self.size.saturating_sub(start).min(SECTOR_BYTES) as usize;
        &image[..bytes]
    }

    /// What a *failed* sync does to the pages it should have written: they stay readable, and are never written.
    pub(super) fn abandon(&mut self) {
        for sector in self.sectors.values_mut() {
            sector.abandoned = true;
        }
    }

    /// A power cut that lets some unsynced sectors (`keep_of_256`) reach the platter, each whole, in no order.
    /// Returns how many did.
    pub(super) fn tear<P: Platter>(
        &self,
        platter: &mut P,
        random: &mut Random,
        keep_of_256: u64,
    ) -> Result<u64, P::Error> {
        let mut reachable = u64::MAX;
        if self.platter_size > self.floor {
            if random.coin() {
                platter.set_len(self.floor)?;
            } else {
                // The truncation did not happen, so nothing written behind it lies in this file's blocks.
                reachable = self.floor;
            }
        }
        let mut survived = 0;
        for (index, sector) in &self.sectors {
            let start = index * SECTOR_BYTES;
            if sector.abandoned || start >= reachable || !random.chance(keep_of_256) {
                continue;
            }
            let image = match &sector.earlier {
                Some(earlier) if random.coin() => earlier,
                _ => &sector.latest,
            };
            platter.write(self.clipped(start, image), start)?;
            survived += 1;
        }
        Ok(survived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random writes, truncations, reads and flushes against a plain byte vector as the oracle.
    #[test]
    fn cache_reads_like_a_plain_file_and_flush_makes_the_platter_equal() {
        for seed in 0..40 {
            let mut random = Random::seeded(seed);
            let mut platter = tempfile::tempfile().unwrap();
            let mut cached = CachedFile::clean(0);
            let mut oracle: Vec<u8> = Vec::new();
            let mut synced: Vec<u8> = Vec::new();
            for _ in 0..200 {
                step(
                    &mut random,
                    &mut cached,
                    &mut platter,
                    &mut oracle,
                    &mut synced,
                );
                assert_eq!(whole(&cached, &mut platter), oracle, "seed {seed}");
                assert_eq!(
                    contents(&mut platter),
                    synced,
                    "seed {seed}: the platter changed without a sync"
                );
            }
        }
    }

    fn step(
        random: &mut Random,
        cached: &mut CachedFile,
        platter: &mut File,
        oracle: &mut Vec<u8>,
        synced: &mut Vec<u8>,
    ) {
        let offset = random.next() % 3000;
        match random.next() % 8 {
            0 => {
                cached.flush(platter).unwrap();
                assert!(cached.is_clean());
                synced.clone_from(oracle);
            }
            1 | 2 => {
                cached.truncate(offset);
                oracle.resize(offset as usize, 0);
            }
            _ => {
                let bytes = vec![random.next() as u8 | 1; (random.next() % 1500) as usize + 1];
                cached.write(platter, &bytes, offset).unwrap();
                let end = offset as usize + bytes.len();
                oracle.resize(oracle.len().max(end), 0);
                oracle[offset as usize..end].copy_from_slice(&bytes);
            }
        }
    }

    fn whole(cached: &CachedFile, platter: &mut File) -> Vec<u8> {
        let mut bytes = vec![7; cached.size() as usize];
        assert!(cached.read(platter, &mut bytes, 0).unwrap());
        bytes
    }

    fn contents(platter: &mut File) -> Vec<u8> {
        let mut bytes = vec![0; platter.metadata().unwrap().len() as usize];
        platter.read_exact_at(&mut bytes, 0).unwrap();
        bytes
    }

    #[test]
    fn torn_sectors_are_whole_and_older_or_newer_never_mixed() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..64 {
            let mut platter = tempfile::tempfile().unwrap();
            let mut cached = CachedFile::clean(0);
            cached.write(&mut platter, &[1; 1024], 0).unwrap();
            cached.flush(&mut platter).unwrap();
            cached.write(&mut platter, &[2; 1024], 0).unwrap();
            cached.write(&mut platter, &[3; 1024], 0).unwrap();
            cached
                .tear(&mut platter, &mut Random::seeded(seed), 128)
                .unwrap();
            for sector in contents(&mut platter).chunks(512) {
                assert!(sector.iter().all(|byte| *byte == sector[0]), "seed {seed}");
                seen.insert(sector[0]);
            }
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_failed_sync_leaves_bytes_readable_that_no_later_sync_writes() {
        let mut platter = tempfile::tempfile().unwrap();
        let mut cached = CachedFile::clean(0);
        cached.write(&mut platter, &[5; 512], 0).unwrap();
        cached.abandon();
        cached.flush(&mut platter).unwrap();
        assert_eq!(whole(&cached, &mut platter), [5; 512]);
        assert_eq!(contents(&mut platter), [0; 512]);
    }
}
