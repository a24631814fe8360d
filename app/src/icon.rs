//! Icons: code points of the bundled Phosphor font, by the names it gives them.

/// `cursor`
pub const CURSOR: &str = "\u{e1dc}";
/// `line-segment`
pub const LINE_SEGMENT: &str = "\u{e6d2}";
/// `line-segments`
pub const LINE_SEGMENTS: &str = "\u{e6d4}";
/// `circle`
pub const CIRCLE: &str = "\u{e18a}";
/// `rectangle`
pub const RECTANGLE: &str = "\u{e3f0}";
/// `text-t`
pub const TEXT_T: &str = "\u{e48a}";
/// `arrows-out-cardinal`
pub const ARROWS_OUT_CARDINAL: &str = "\u{e0a4}";
/// `copy`
pub const COPY: &str = "\u{e1ca}";
/// `arrow-clockwise`
pub const ARROW_CLOCKWISE: &str = "\u{e036}";
/// `eraser`
pub const ERASER: &str = "\u{e21e}";
/// `ruler`
pub const RULER: &str = "\u{e6b8}";
/// `magnifying-glass`
pub const MAGNIFYING_GLASS: &str = "\u{e30c}";
/// `corners-out`
pub const CORNERS_OUT: &str = "\u{e1d0}";
/// `selection`
pub const SELECTION: &str = "\u{e69a}";
/// `arrow-u-up-left`
pub const ARROW_U_UP_LEFT: &str = "\u{e08a}";
/// `arrow-u-up-right`
pub const ARROW_U_UP_RIGHT: &str = "\u{e08c}";
/// `file-plus`
pub const FILE_PLUS: &str = "\u{e236}";
/// `folder-open`
pub const FOLDER_OPEN: &str = "\u{e256}";
/// `floppy-disk`
pub const FLOPPY_DISK: &str = "\u{e248}";
/// `floppy-disk-back`
pub const FLOPPY_DISK_BACK: &str = "\u{eaf4}";
/// `x`
pub const X: &str = "\u{e4f6}";
/// `sign-in`
pub const SIGN_IN: &str = "\u{e428}";
/// `share-network`
pub const SHARE_NETWORK: &str = "\u{e408}";
/// `selection-all`
pub const SELECTION_ALL: &str = "\u{e746}";
/// `clipboard-text`
pub const CLIPBOARD_TEXT: &str = "\u{e198}";
/// `scissors`
pub const SCISSORS: &str = "\u{eae0}";
/// `magnet-straight`
pub const MAGNET_STRAIGHT: &str = "\u{e682}";
/// `cube-focus`
pub const CUBE_FOCUS: &str = "\u{ed0a}";
/// `grid-four`
pub const GRID_FOUR: &str = "\u{e296}";
/// `stack`
pub const STACK: &str = "\u{e466}";
/// `sliders-horizontal`
pub const SLIDERS_HORIZONTAL: &str = "\u{e434}";
/// `clock-counter-clockwise`
pub const CLOCK_COUNTER_CLOCKWISE: &str = "\u{e1a0}";
/// `sidebar-simple`
pub const SIDEBAR_SIMPLE: &str = "\u{ec24}";
/// `moon`
pub const MOON: &str = "\u{e330}";
/// `sun`
pub const SUN: &str = "\u{e472}";
/// `keyboard`
pub const KEYBOARD: &str = "\u{e2d8}";
/// `eye`
pub const EYE: &str = "\u{e220}";
/// `eye-slash`
pub const EYE_SLASH: &str = "\u{e224}";
/// `crosshair-simple`
pub const CROSSHAIR_SIMPLE: &str = "\u{e1d8}";
/// `user-focus`
pub const USER_FOCUS: &str = "\u{e6fc}";
/// `sign-out`
pub const SIGN_OUT: &str = "\u{e42a}";
/// `list`
pub const LIST: &str = "\u{e2f0}";
/// `plus`
pub const PLUS: &str = "\u{e3d4}";
/// `lock`
pub const LOCK: &str = "\u{e2fa}";
/// `lock-simple`
pub const LOCK_SIMPLE: &str = "\u{e308}";
/// `lock-simple-open`
pub const LOCK_SIMPLE_OPEN: &str = "\u{e30a}";
/// `warning`
pub const WARNING: &str = "\u{e4e0}";
/// `warning-circle`
pub const WARNING_CIRCLE: &str = "\u{e4e2}";
/// `check`
pub const CHECK: &str = "\u{e182}";
/// `check-circle`
pub const CHECK_CIRCLE: &str = "\u{e184}";
/// `users`
pub const USERS: &str = "\u{e4d6}";
/// `snowflake`
pub const SNOWFLAKE: &str = "\u{e5aa}";
/// `link`
pub const LINK: &str = "\u{e2e2}";
/// `chat-circle`
pub const CHAT_CIRCLE: &str = "\u{e168}";
/// `circle-dashed`
pub const CIRCLE_DASHED: &str = "\u{e602}";
/// `angle`
pub const ANGLE: &str = "\u{e7bc}";
/// `dots-three`
pub const DOTS_THREE: &str = "\u{e1fe}";
/// `spinner-gap`
pub const SPINNER_GAP: &str = "\u{e66c}";
/// `plugs`
pub const PLUGS: &str = "\u{eb56}";
/// `wifi-slash`
pub const WIFI_SLASH: &str = "\u{e4f2}";
/// `info`
pub const INFO: &str = "\u{e2ce}";
/// `file-arrow-down`
pub const FILE_ARROW_DOWN: &str = "\u{e232}";
/// `blueprint`
pub const BLUEPRINT: &str = "\u{eda0}";
/// `desktop`
pub const DESKTOP: &str = "\u{e560}";
/// `play`
pub const PLAY: &str = "\u{e3d0}";
/// `pause`
pub const PAUSE: &str = "\u{e39e}";
/// `skip-back`
pub const SKIP_BACK: &str = "\u{e5a4}";
/// `skip-forward`
pub const SKIP_FORWARD: &str = "\u{e5a6}";
/// `caret-left`
pub const CARET_LEFT: &str = "\u{e138}";
/// `caret-right`
pub const CARET_RIGHT: &str = "\u{e13a}";
/// `caret-double-left`
pub const CARET_DOUBLE_LEFT: &str = "\u{e128}";
/// `caret-double-right`
pub const CARET_DOUBLE_RIGHT: &str = "\u{e12a}";
/// `chats`
pub const CHATS: &str = "\u{e17c}";
/// `pencil-simple`
pub const PENCIL_SIMPLE: &str = "\u{e3b4}";
/// `trash`
pub const TRASH: &str = "\u{e4a6}";
