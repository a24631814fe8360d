//! `linework edit`: changes to a DXF file that touch no more of it than they must.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::{ArgMatches, Command};
use drawing::{Color, Drawing, Entity, EntityId, Handle, Line, Op, Point3, Record, RecordId, Shape, Style, Vec2};

use super::input::Input;
use super::output;

/// What `linework edit` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "For example:\n  linework edit plan.dxf moved.dxf --move 2F 100,0 --layer 30 WALLS\n  \
                        linework edit plan.dxf plan.dxf --delete 2F --add-line 0,0,250,0")]
pub struct Edit {
    /// The DXF file that is read.
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// The DXF file that is written; it may be the same.
    #[arg(value_name = "OUT")]
    to: PathBuf,
    #[command(flatten)]
    edits: Edits,
}

/// Edits in the order in which they were given.
#[derive(Debug, Default)]
struct Edits(Vec<OneEdit>);

/// One of them. Handles are hexadecimal, as in the file.
#[derive(Debug, Clone, PartialEq)]
enum OneEdit {
    Move(Handle, Vec2),
    Layer(Handle, String),
    Color(Handle, Color),
    Delete(Handle),
    AddLine([f64; 4]),
}

/// Name of the option, names of its values, its help.
const OPTIONS: [(&str, &[&str], &str); 5] = [
    ("move", &["HANDLE", "DX,DY"], "Move an entity by so many drawing units"),
    ("layer", &["HANDLE", "NAME"], "Put an entity on another layer of the drawing"),
    (
        "color",
        &["HANDLE", "ACI"],
        "Give an entity a colour: an index from 1 to 255, 256 for the layer's, 0 for the block's",
    ),
    ("delete", &["HANDLE"], "Delete an entity"),
    ("add-line", &["X0,Y0,X1,Y1"], "Draw a line in model space on layer 0"),
];

impl clap::Args for Edits {
    fn augment_args(command: Command) -> Command {
        OPTIONS.into_iter().fold(command, |command, (name, values, help)| {
            let option = clap::Arg::new(name).long(name).value_names(values).num_args(values.len()).help(help);
            command.arg(option.action(clap::ArgAction::Append).allow_hyphen_values(true))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Edits::augment_args(command)
    }
}

impl clap::FromArgMatches for Edits {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Edits, clap::Error> {
        let mut edits: Vec<(usize, OneEdit)> = Vec::new();
        for (name, values, _) in OPTIONS {
            let given = matches.get_occurrences::<String>(name).into_iter().flatten();
            // Every value has an index on the command line; an option stands where its first one does.
            let places = matches.indices_of(name).into_iter().flatten().step_by(values.len());
            for (given, place) in given.zip(places) {
                let given: Vec<&str> = given.map(String::as_str).collect();
                let edit = parse(name, &given).map_err(|what| {
                    let what = format!("--{name} {}: {what}\n", given.join(" "));
                    clap::Error::raw(clap::error::ErrorKind::ValueValidation, what)
                })?;
                edits.push((place, edit));
            }
        }
        edits.sort_by_key(|(place, _)| *place);
        Ok(Edits(edits.into_iter().map(|(_, edit)| edit).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Edits::from_arg_matches(matches)?;
        Ok(())
    }
}

fn parse(name: &str, given: &[&str]) -> Result<OneEdit, String> {
    match (name, given) {
        ("move", [handle, by]) => {
            let [dx, dy] = numbers(by)?;
            Ok(OneEdit::Move(parse_handle(handle)?, Vec2::new(dx, dy)))
        }
        ("layer", [handle, name]) => Ok(OneEdit::Layer(parse_handle(handle)?, (*name).to_owned())),
        ("color", [handle, index]) => {
            let color = match index.parse::<u16>() {
                Ok(0) => Color::ByBlock,
                Ok(256) => Color::ByLayer,
                Ok(index @ 1..=255) => Color::Index(index as u8),
                _ => return Err(format!("{index:?} is no colour index, which is 0 to 256")),
            };
            Ok(OneEdit::Color(parse_handle(handle)?, color))
        }
        ("delete", [handle]) => parse_handle(handle).map(OneEdit::Delete),
        ("add-line", [ends]) => numbers(ends).map(OneEdit::AddLine),
        _ => Err("not an edit".to_owned()),
    }
}

fn parse_handle(text: &str) -> Result<Handle, String> {
    let handle = u64::from_str_radix(text, 16).ok().filter(|handle| *handle != 0);
    handle.map(Handle).ok_or_else(|| format!("{text:?} is no handle, which is a hexadecimal number"))
}

fn numbers<const N: usize>(text: &str) -> Result<[f64; N], String> {
    let number = |part: &str| part.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let numbers: Option<Vec<f64>> = text.split(',').map(number).collect();
    let numbers = numbers.and_then(|numbers| <[f64; N]>::try_from(numbers).ok());
    numbers.ok_or_else(|| format!("{text:?} is not {N} numbers with commas between them"))
}

impl Edit {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        output::spare_logs(&self.to)?;
        let input = Input::read_drawing(&self.from)?;
        input.tell_findings(&self.from);
        let mut drawing = input.drawing.clone();
        for edit in &self.edits.0 {
            let op = edit.op(&drawing).with_context(|| self.refusal())?;
            drawing.apply(&op).with_context(|| self.refusal())?;
        }
        let bytes = output::export(&input, drawing)?;
        output::write(&self.from, &self.to, &bytes)?;
        Ok(ExitCode::SUCCESS)
    }

    fn refusal(&self) -> String {
        format!("{} was not edited and nothing was written", self.from.display())
    }
}

impl OneEdit {
    /// The op that does it.
    fn op(&self, drawing: &Drawing) -> anyhow::Result<Op> {
        Ok(match self {
            OneEdit::Move(handle, by) => Op::Translate { ids: vec![find(drawing, *handle)?.id], by: *by },
            OneEdit::Layer(handle, name) => {
                let Some(layer) = drawing.layer_named(name) else {
                    bail!("the drawing has no layer {name:?}");
                };
                restyle(find(drawing, *handle)?, |style| style.layer = layer)
            }
            OneEdit::Color(handle, color) => restyle(find(drawing, *handle)?, |style| style.color = *color),
            OneEdit::Delete(handle) => Op::Remove(vec![find(drawing, *handle)?.id.into()]),
            OneEdit::AddLine([x0, y0, x1, y1]) => {
                let owner = drawing.model_space().context("the drawing has no model space")?;
                let layer = drawing.layer_named("0").context("the drawing has no layer 0")?;
                let (start, end) = (Point3::new(*x0, *y0, 0.0), Point3::new(*x1, *y1, 0.0));
                let line = Entity {
                    id: free_id(drawing)?,
                    handle: None,
                    source: None,
                    owner,
                    order: drawing.order_on_top(owner),
                    style: Style::on(layer),
                    shape: Shape::Line(Line { start, end }),
                };
                Op::New(vec![Record::Entity(line)])
            }
        })
    }
}

/// The entity with a handle, if it is one alone.
fn find(drawing: &Drawing, handle: Handle) -> anyhow::Result<&Entity> {
    let mut found = drawing.entities().filter(|entity| entity.handle == Some(handle));
    let first = found.next().with_context(|| format!("no entity has the handle {:X}", handle.0))?;
    let others = found.count();
    ensure!(others == 0, "{} entities have the handle {:X}", others + 1, handle.0);
    Ok(first)
}

fn restyle(entity: &Entity, change: impl FnOnce(&mut Style)) -> Op {
    let mut entity = entity.clone();
    change(&mut entity.style);
    Op::Change(vec![Record::Entity(entity)])
}

/// An id above every id of the drawing. Handles are another matter: a file may have any.
fn free_id(drawing: &Drawing) -> anyhow::Result<EntityId> {
    let RecordId(highest) = drawing.id_max();
    highest.checked_add(1).map(EntityId).context("the drawing has no id left")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        edit: Edit,
    }

    fn check(arguments: &[&str], expect: Option<Vec<OneEdit>>) {
        let line = ["edit", "a.dxf", "b.dxf"].iter().chain(arguments);
        let parsed = Line::try_parse_from(line).ok().map(|line| line.edit.edits.0);
        assert_eq!(parsed, expect, "{arguments:?}");
    }

    #[test]
    fn edits_are_read_in_their_order() {
        let (a, b) = (Handle(0xA), Handle(0x1f));
        check(&[], Some(vec![]));
        check(
            &["--move", "A", "-1,2.5", "--delete", "1F", "--move", "1f", "3,-4"],
            Some(vec![
                OneEdit::Move(a, Vec2::new(-1.0, 2.5)),
                OneEdit::Delete(b),
                OneEdit::Move(b, Vec2::new(3.0, -4.0)),
            ]),
        );
        check(
            &["--add-line=-1,0,5,6", "--layer", "A", "WALLS", "--color", "A", "256", "--color", "A", "3"],
            Some(vec![
                OneEdit::AddLine([-1.0, 0.0, 5.0, 6.0]),
                OneEdit::Layer(a, "WALLS".into()),
                OneEdit::Color(a, Color::ByLayer),
                OneEdit::Color(a, Color::Index(3)),
            ]),
        );
        for bad in [
            &["--move", "A"][..],
            &["--move", "X", "1,2"],
            &["--move", "A", "1"],
            &["--move", "A", "1,nan"],
            &["--color", "A", "257"],
            &["--delete", "0"],
            &["--add-line", "1,2,3"],
        ] {
            check(bad, None);
        }
    }
}
