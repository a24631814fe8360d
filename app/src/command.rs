//! The one list of commands. Menus, search, tool rail, prompt line, shortcut sheet and context menu are made from it.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::icon;

/// Everything a person can tell the program to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is described, for people too, in TABLE")]
pub enum Command {
    New,
    Open,
    Save,
    SaveAs,
    SaveLog,
    CloseDrawing,
    Quit,
    Share,
    Join,
    StopFollowing,
    Undo,
    Redo,
    Cut,
    Copy,
    Paste,
    PasteInPlace,
    SelectAll,
    SelectNone,
    Line,
    Polyline,
    Circle,
    Rectangle,
    Text,
    Move,
    CopyTo,
    Rotate,
    Erase,
    Distance,
    Comment,
    ZoomExtents,
    ZoomWindow,
    Isolate,
    EndIsolate,
    AskFor,
    ApplyLayers,
    Snap,
    Ortho,
    Polar,
    Grid,
    CursorInput,
    PickAdd,
    Scrolling,
    LiftColors,
    LessMotion,
    Layers,
    Properties,
    Comments,
    History,
    LookBack,
    HidePanels,
    NextPane,
    SwitchTheme,
    LargerUi,
    SmallerUi,
    Search,
    Shortcuts,
}

/// Where a command stands in the menus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is named in Family::label")]
pub enum Family {
    File,
    Together,
    Edit,
    Draw,
    Modify,
    Measure,
    Comment,
    View,
    Settings,
}

/// What the program says of a command.
#[derive(Debug)]
pub struct About {
    /// Which command.
    pub command: Command,
    /// Where it stands in the menus.
    pub family: Family,
    /// What menus call it.
    pub label: &'static str,
    /// What the prompt line calls it, in capitals.
    pub word: &'static str,
    /// Short words that start it from the prompt line.
    pub aliases: &'static [&'static str],
    /// Keys that start it.
    pub shortcut: Option<KeyboardShortcut>,
    /// Its icon.
    pub icon: &'static str,
    /// One line of help.
    pub help: &'static str,
}

const fn key(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::NONE, key))
}

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

macro_rules! table {
    ($($command:ident $family:ident $label:literal $word:literal [$($alias:literal)*] ($shortcut:expr) $icon:ident $help:literal;)*) => {
        /// All commands, in the order of [`Command`] and of the menus.
        pub static TABLE: &[About] = &[$(About {
            command: Command::$command,
            family: Family::$family,
            label: $label,
            word: $word,
            aliases: &[$($alias),*],
            shortcut: $shortcut,
            icon: icon::$icon,
            help: $help,
        }),*];
    };
}

table! {
    New File "New drawing" "NEW" [] (ctrl(Key::N)) FILE_PLUS "Starts an empty drawing";
    Open File "Open..." "OPEN" [] (ctrl(Key::O)) FOLDER_OPEN "Opens a drawing from a file";
    Save File "Save" "SAVE" ["QSAVE"] (ctrl(Key::S)) FLOPPY_DISK "Writes what changed into the drawing's file";
    SaveAs File "Save as..." "SAVEAS" [] (ctrl_shift(Key::S)) FLOPPY_DISK_BACK "Writes the drawing into another file";
    SaveLog File "Save the log as..." "SAVELOG" [] (None) FLOPPY_DISK_BACK "Keeps all that happened to the drawing as one file, to look back at";
    CloseDrawing File "Close drawing" "CLOSE" [] (ctrl(Key::W)) X "Closes this drawing";
    Quit File "Quit" "QUIT" ["EXIT"] (ctrl(Key::Q)) SIGN_OUT "Closes everything";
    Share Together "Share..." "SHARE" [] (None) SHARE_NETWORK "Lets others join this drawing over the network";
    Join Together "Join..." "JOIN" [] (None) SIGN_IN "Joins a drawing that somebody shares";
    StopFollowing Together "Stop following" "UNFOLLOW" [] (None) USER_FOCUS "Goes back to a view of one's own";
    Undo Edit "Undo" "UNDO" ["U"] (ctrl(Key::Z)) ARROW_U_UP_LEFT "Takes back your last change";
    Redo Edit "Redo" "REDO" [] (ctrl(Key::Y)) ARROW_U_UP_RIGHT "Brings back what you took back";
    Cut Edit "Cut" "CUTCLIP" [] (ctrl(Key::X)) SCISSORS "Takes the selection out of the drawing, to paste it";
    Copy Edit "Copy" "COPYCLIP" [] (ctrl(Key::C)) CLIPBOARD_TEXT "Keeps the selection, to paste it";
    Paste Edit "Paste" "PASTECLIP" [] (ctrl(Key::V)) CLIPBOARD_TEXT "Puts in what was copied, here or from another drawing";
    PasteInPlace Edit "Paste in place" "PASTEORIG" [] (None) CLIPBOARD_TEXT "Puts in what was copied where it was copied";
    SelectAll Edit "Select all" "ALL" [] (ctrl(Key::A)) SELECTION_ALL "Selects everything that is shown";
    SelectNone Edit "Select nothing" "NONE" [] (None) SELECTION "Lets go of the selection";
    Line Draw "Line" "LINE" ["L"] (None) LINE_SEGMENT "Draws straight lines from point to point";
    Polyline Draw "Polyline" "PLINE" ["PL"] (None) LINE_SEGMENTS "Draws one run of straight lines";
    Circle Draw "Circle" "CIRCLE" ["C"] (None) CIRCLE "Draws a circle by its centre and radius";
    Rectangle Draw "Rectangle" "RECTANGLE" ["REC"] (None) RECTANGLE "Draws a rectangle by two corners";
    Text Draw "Text" "TEXT" ["T" "DT"] (None) TEXT_T "Writes a line of text";
    Move Modify "Move" "MOVE" ["M"] (None) ARROWS_OUT_CARDINAL "Moves the selection from a base point to another";
    CopyTo Modify "Copy to" "COPY" ["CO" "CP"] (None) COPY "Puts copies of the selection elsewhere";
    Rotate Modify "Rotate" "ROTATE" ["RO"] (None) ARROW_CLOCKWISE "Turns the selection around a point";
    Erase Modify "Erase" "ERASE" ["E"] (key(Key::Delete)) ERASER "Takes the selection out of the drawing";
    Distance Measure "Distance" "DIST" ["DI"] (None) RULER "Says how far it is from one point to another";
    Comment Comment "Comment" "COMMENT" ["CM"] (None) CHAT_CIRCLE "Says something about a point, an object or an area";
    ZoomExtents View "Zoom to extents" "EXTENTS" ["ZE"] (None) CORNERS_OUT "Shows all of the drawing";
    ZoomWindow View "Zoom" "ZOOM" ["Z"] (None) MAGNIFYING_GLASS "Shows an area between two corners";
    Isolate View "Isolate selection" "ISOLATE" [] (None) EYE "Hides, for you alone, all but the selection";
    AskFor Edit "Ask for what others hold" "ASK" [] (None) LOCK_SIMPLE "Stands in line for what is selected and others hold; it is yours when it is free";
    EndIsolate View "End isolation" "UNISOLATE" [] (None) EYE_SLASH "Shows everything again";
    ApplyLayers View "Apply layer visibility to drawing" "LAYAPPLY" [] (None) STACK "Makes the layers you hide hidden for everyone";
    Snap Settings "Snap" "SNAP" [] (key(Key::F3)) MAGNET_STRAIGHT "Snaps points to ends, middles, centres and crossings";
    Ortho Settings "Ortho" "ORTHO" [] (key(Key::F8)) ANGLE "Keeps lines level or upright";
    Polar Settings "Polar" "POLAR" [] (key(Key::F10)) CROSSHAIR_SIMPLE "Draws lines to multiples of 45 degrees when they are near";
    Grid Settings "Grid" "GRID" [] (key(Key::F7)) GRID_FOUR "Shows a grid behind the drawing";
    CursorInput Settings "Input at the cursor" "DYNMODE" [] (key(Key::F12)) KEYBOARD "Shows beside the pointer what a command asks and what is typed";
    PickAdd Settings "Click adds to the selection" "PICKADD" [] (None) CURSOR "Else a click selects alone, and Shift+click adds";
    Scrolling Settings "Scrolling zooms or pans" "SCROLLING" [] (None) MAGNIFYING_GLASS "Says whether this device is a wheel or a trackpad, where the system can't";
    LiftColors Settings "Lift dim colors" "LIFTCOLORS" [] (None) SUN "Lightens or darkens, on the screen alone, colors that the background swallows";
    LessMotion Settings "Less motion" "LESSMOTION" [] (None) SELECTION "Shows things where they are, without gliding and fading";
    Layers View "Layers" "LAYER" ["LA"] (ctrl(Key::Num1)) STACK "Shows or hides the layers panel";
    Properties View "Properties" "PROPERTIES" ["PR"] (ctrl(Key::Num2)) SLIDERS_HORIZONTAL "Shows or hides the properties panel";
    Comments View "Comments" "COMMENTS" [] (ctrl(Key::Num4)) CHATS "Shows or hides what people say about the drawing";
    History View "History" "HISTORY" [] (ctrl(Key::Num3)) CLOCK_COUNTER_CLOCKWISE "Shows or hides what happened to the drawing";
    LookBack View "Look back" "LOOKBACK" [] (None) CLOCK_COUNTER_CLOCKWISE "Shows the drawing at any moment of its log, for you alone";
    HidePanels View "Hide panels" "PANELS" [] (ctrl(Key::Num0)) SIDEBAR_SIMPLE "Gives all the room to the drawing, and back";
    NextPane View "Next pane" "NEXTPANE" [] (key(Key::F6)) SIDEBAR_SIMPLE "Takes the keyboard to the next part of the window; Tab walks inside it";
    SwitchTheme Settings "Dark or light" "THEME" [] (None) MOON "Changes between the dark and the light look";
    LargerUi Settings "Larger interface" "UILARGER" [] (ctrl(Key::Plus)) PLUS "Makes everything but the drawing larger";
    SmallerUi Settings "Smaller interface" "UISMALLER" [] (ctrl(Key::Minus)) X "Makes everything but the drawing smaller";
    Search View "Search commands" "SEARCH" [] (ctrl(Key::K)) MAGNIFYING_GLASS "Finds a command by its name";
    Shortcuts View "Keys and words" "HELP" ["?"] (key(Key::F1)) KEYBOARD "Lists all keys and prompt words";
}

impl Command {
    /// What the program says of it.
    pub fn about(self) -> &'static About {
        TABLE.iter().find(|about| about.command == self).expect("every command stands in the table")
    }

    /// The command that a prompt word or an alias starts, in any case.
    pub fn of_word(word: &str) -> Option<Command> {
        let is = |name: &&str| name.eq_ignore_ascii_case(word);
        let found = TABLE.iter().find(|about| is(&about.word) || about.aliases.iter().any(is));
        found.map(|about| about.command)
    }

    /// Commands whose label, word or alias holds `text`, best first: an exact alias, then starts, then the rest.
    pub fn matching(text: &str) -> Vec<Command> {
        let text = text.trim().to_lowercase();
        let rank = |about: &About| {
            let label = about.label.to_lowercase();
            let word = about.word.to_lowercase();
            if about.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(&text)) || word == text {
                Some(0)
            } else if label.starts_with(&text) || word.starts_with(&text) {
                Some(1)
            } else if label.contains(&text) {
                Some(2)
            } else if about.help.to_lowercase().contains(&text) {
                Some(3)
            } else {
                None
            }
        };
        let mut found: Vec<_> = TABLE.iter().filter_map(|about| Some((rank(about)?, about.command))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, command)| command).collect()
    }

    /// Whether it changes the drawing for everybody.
    pub fn changes(self) -> bool {
        use Command::{ApplyLayers, Cut, Paste, PasteInPlace, Redo, Undo};
        matches!(self.about().family, Family::Draw | Family::Modify)
            || matches!(self, Undo | Redo | Cut | Paste | PasteInPlace | ApplyLayers)
    }

    /// Whether it takes points on the canvas, and so is repeated by Space and Enter.
    pub fn is_tool(self) -> bool {
        matches!(self.about().family, Family::Draw | Family::Modify | Family::Measure | Family::Comment)
            || self == Command::ZoomWindow
    }
}

impl Family {
    /// All of them, in the order of the menus.
    pub const ALL: [Family; 9] = [
        Family::File,
        Family::Together,
        Family::Edit,
        Family::Draw,
        Family::Modify,
        Family::Measure,
        Family::Comment,
        Family::View,
        Family::Settings,
    ];

    /// What menus call it.
    pub fn label(self) -> &'static str {
        match self {
            Family::File => "File",
            Family::Together => "Together",
            Family::Edit => "Edit",
            Family::Draw => "Draw",
            Family::Modify => "Modify",
            Family::Measure => "Measure",
            Family::Comment => "Comment",
            Family::View => "View",
            Family::Settings => "Settings",
        }
    }

    /// Its commands, in the order of the menus.
    pub fn commands(self) -> impl Iterator<Item = &'static About> {
        TABLE.iter().filter(move |about| about.family == self)
    }
}

impl About {
    /// Its keys in words, such as `Ctrl+S`; empty where it has none.
    pub fn keys(&self) -> String {
        self.shortcut.map_or(String::new(), |shortcut| shortcut.format(&egui::ModifierNames::NAMES, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_start_commands() {
        for (word, expect) in [
            ("l", Some(Command::Line)),
            ("PL", Some(Command::Polyline)),
            ("c", Some(Command::Circle)),
            ("REC", Some(Command::Rectangle)),
            ("T", Some(Command::Text)),
            ("M", Some(Command::Move)),
            ("CO", Some(Command::CopyTo)),
            ("RO", Some(Command::Rotate)),
            ("E", Some(Command::Erase)),
            ("U", Some(Command::Undo)),
            ("Z", Some(Command::ZoomWindow)),
            ("DI", Some(Command::Distance)),
            ("cm", Some(Command::Comment)),
            ("move", Some(Command::Move)),
            ("nonsense", None),
        ] {
            assert_eq!(Command::of_word(word), expect, "{word}");
        }
    }

    #[test]
    fn no_word_alias_or_key_means_two_things() {
        let mut words: Vec<_> = TABLE.iter().flat_map(|a| a.aliases.iter().copied().chain([a.word])).collect();
        let mut keys: Vec<_> = TABLE.iter().map(About::keys).filter(|keys| !keys.is_empty()).collect();
        for list in [&mut words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(), &mut keys] {
            list.sort();
            let count = list.len();
            list.dedup();
            assert_eq!(list.len(), count, "{list:?}");
        }
        words.clear();
    }

    #[test]
    fn search_puts_the_exact_word_first() {
        assert_eq!(Command::matching("co").first(), Some(&Command::CopyTo));
        assert_eq!(Command::matching("shar").first(), Some(&Command::Share));
        assert!(Command::matching("xyzzy").is_empty());
    }

    #[test]
    fn every_command_is_described() {
        for (at, about) in TABLE.iter().enumerate() {
            assert!(std::ptr::eq(about.command.about(), &TABLE[at]), "{about:?}");
            assert!(!about.label.is_empty() && !about.help.is_empty() && !about.word.is_empty());
        }
        assert_eq!(Family::ALL.iter().map(|family| family.commands().count()).sum::<usize>(), TABLE.len());
    }
}
