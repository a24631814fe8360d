//! `docs/oplog.md` says what the files are; other programs are written from it.

use chain::Position;
use oplog::{APPLICATION_ID, CHECKPOINTS_APPLICATION_ID, FORMAT_VERSION};
use rusqlite::Connection;

use crate::{Folder, ID, log_of};

const PAGE: &str = include_str!("../../../../docs/oplog.md");

fn check(what: &str) {
    assert!(PAGE.contains(what), "docs/oplog.md doesn't say: {what}");
}

#[test]
fn the_numbers_are_on_the_page() {
    for id in [APPLICATION_ID, CHECKPOINTS_APPLICATION_ID] {
        check(&format!("`0x{id:08X}` ({id}, "));
    }
    check(&format!("| `user_version` | {FORMAT_VERSION} |"));
    let first = Position::start(ID).after(b"a");
    check(&format!("hash(1) = {}", first.head));
    check(&format!("hash(2) = {}", first.after(b"b").head));
}

#[test]
fn all_tables_and_columns_are_on_the_page() {
    let folder = Folder::new();
    log_of(&folder, "a.linework", &["a", "b"]).close().unwrap();
    let file = Connection::open(folder.path("a.linework")).unwrap();
    let sql = "SELECT t.name, c.name, c.type FROM pragma_table_list t JOIN pragma_table_info(t.name) c
               WHERE t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid";
    let mut statement = file.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut columns = 0;
    while let Some(row) = rows.next().unwrap() {
        let [table, column, type_name]: [String; 3] = [0, 1, 2].map(|at| row.get(at).unwrap());
        let section = PAGE.split("\n### ").find(|section| section.starts_with(&format!("`{table}`:")));
        let section = section.unwrap_or_else(|| panic!("docs/oplog.md has no section on {table}"));
        assert!(section.contains(&format!("| `{column}` | {type_name}")), "{table}.{column} {type_name}");
        columns += 1;
    }
    assert_eq!(columns, 17);
}
