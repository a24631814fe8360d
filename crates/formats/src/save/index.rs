//! Where things stand in a file that is to be patched.

use std::collections::HashMap;

use crate::tag::{AsciiTags, Objects, Tag};

/// A table of the TABLES section.
#[derive(Debug, Clone)]
pub(crate) struct TableSpot {
    /// Where its ENDTAB begins: new records go there.
    pub end: usize,
    /// Its handle, which its records name as their owner.
    pub handle: Option<u64>,
}

/// A value of a tag in a file.
#[derive(Debug, Clone)]
pub(crate) struct ValueSpot {
    pub start: usize,
    pub end: usize,
}

/// Where things stand in a file.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The value of `$HANDSEED`.
    pub handseed: Option<ValueSpot>,
    /// Where the ENDSEC of the HEADER section begins.
    pub header_end: Option<usize>,
    /// Tables by name.
    pub tables: HashMap<Vec<u8>, TableSpot>,
    /// BLOCK_RECORD objects by handle: from and to.
    pub block_records: HashMap<u64, (usize, usize)>,
    /// ENDBLK objects by the offset of their BLOCK: where they begin.
    pub endblks: HashMap<usize, usize>,
    /// Where the ENDSEC of the TABLES, BLOCKS and ENTITIES sections begin.
    pub tables_end: Option<usize>,
    pub blocks_end: Option<usize>,
    pub entities_end: Option<usize>,
    /// Where EOF begins, or behind the last whole tag of a file without it.
    pub eof: usize,
    /// Whether the file was cut short within its ENTITIES section.
    pub cut_short: bool,
    /// The plot style that layers name (group 390).
    pub plot_style: Option<Vec<u8>>,
}

impl Index {
    /// Walks once over a file.
    pub fn of(bytes: &[u8]) -> Index {
        let mut index = Index::default();
        let mut ended = false;
        let mut objects = Objects::new(AsciiTags::new(bytes));
        let mut tags: Vec<Tag> = Vec::new();
        let mut section = Vec::new();
        let mut table: Option<(Vec<u8>, Option<u64>)> = None;
        let mut block = None;
        while objects.next(&mut tags) {
            let (Some(head), Some(last)) = (tags.first(), tags.last()) else { break };
            index.eof = last.end;
            let own = |code: i16| tags.iter().find(|tag| tag.own && tag.code == code);
            match head.trimmed() {
                b"SECTION" => {
                    section = own(2).map(|tag| tag.trimmed().to_vec()).unwrap_or_default();
                    if section == b"HEADER" {
                        index.handseed = handseed(&tags);
                    }
                }
                b"ENDSEC" => {
                    let end = match &section[..] {
                        b"HEADER" => &mut index.header_end,
                        b"TABLES" => &mut index.tables_end,
                        b"BLOCKS" => &mut index.blocks_end,
                        b"ENTITIES" => &mut index.entities_end,
                        _ => continue,
                    };
                    end.get_or_insert(head.start);
                    section.clear();
                }
                b"EOF" => {
                    index.eof = head.start;
                    ended = true;
                    break;
                }
                b"TABLE" => {
                    let name = own(2).map(|tag| tag.trimmed().to_vec()).unwrap_or_default();
                    table = Some((name, own(5).and_then(Tag::handle)));
                }
                b"ENDTAB" => {
                    if let Some((name, handle)) = table.take() {
                        index.tables.entry(name).or_insert(TableSpot { end: head.start, handle });
                    }
                }
                b"BLOCK_RECORD" => {
                    if let Some(handle) = own(5).and_then(Tag::handle) {
                        index.block_records.entry(handle).or_insert((head.start, last.end));
                    }
                }
                b"LAYER" if index.plot_style.is_none() => {
                    index.plot_style = own(390).map(|tag| tag.trimmed().to_vec());
                }
                b"BLOCK" => block = Some(head.start),
                b"ENDBLK" => {
                    if let Some(block) = block.take() {
                        index.endblks.insert(block, head.start);
                    }
                }
                _ => {}
            }
        }
        // A file that was cut short goes on where it ends.
        if !ended && section == b"ENTITIES" {
            index.cut_short = index.entities_end.is_none();
            index.entities_end.get_or_insert(index.eof);
        }
        index
    }
}

fn handseed(tags: &[Tag]) -> Option<ValueSpot> {
    let at = tags.iter().position(|tag| tag.code == 9 && tag.trimmed() == b"$HANDSEED")?;
    let tag = tags.get(at + 1).filter(|tag| tag.code == 5)?;
    Some(ValueSpot { start: tag.value_start, end: tag.value_start + tag.value.len() })
}
