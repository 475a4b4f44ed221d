"""Every action of the window in one table, and the keys that start them.

The default keys follow SLEAP. A key map replaces the keys of some actions; app.keymaps reads and writes their files.
"""

# ruff: noqa: E501 - the table of actions reads as a table only with a row on a line

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.reasons import describe

KeyMap = dict[str, tuple[str, ...]]
"""Action's object name -> its keys, in Qt's portable spelling ("Ctrl+Left")."""


class Preset(NamedTuple):
    """A set of keys to choose.

    Attributes:
        name: of its file, without the ending.
        title: what people read.
        keymap: all keys.
    """

    name: str
    title: str
    keymap: KeyMap


@dataclass(frozen=True)
class ActionSpec:
    """One thing that a person can ask the window to do.

    Attributes:
        object_name: how a script and a key map name it.
        text: in the menu and on the toolbar.
        keys: default keys in Qt's portable spelling, the first of them shown.
        tooltip: one plain sentence: what happens.
        icon: a drawing in resources/icons, or None.
        menu: the menu's title; "Menu/Submenu" nests.
        checkable: whether it is a switch.
        starts_group: whether the menu draws a line above it.
        short_text: on the toolbar, where it differs.
    """

    object_name: str
    text: str
    keys: tuple[str, ...]
    tooltip: str
    icon: str | None
    menu: str
    checkable: bool = False
    starts_group: bool = False
    short_text: str | None = None


_A = ActionSpec

# fmt: off

_FILE = (
    _A("action_open", "Open…", ("Ctrl+O",), "Open a video, a project or a file of labels.", "open", "File", short_text="Open"),
    _A("action_open_folder", "Open folder…", ("Ctrl+Shift+O",), "Open a folder of images as a clip.", None, "File"),
    _A("action_collect", "Collection of a folder…", ("Ctrl+Alt+O",), "List the clips of a folder, to label them one after the other.", None, "File"),
    _A("action_start_page", "Start page", ("Ctrl+N",), "See recent projects and what to begin with; again to go back to the clip.", None, "File"),
    _A("action_open_labels", "Import labels…", ("Ctrl+I",), "Bring labels from another program's file into this project.", "import", "File", short_text="Import"),
    _A("action_open_labels_folder", "Import folder…", ("Ctrl+Shift+I",), "Bring labels from a folder with a file for each frame, as OpenPose writes it.", None, "File"),
    _A("action_saved", "Saved already", ("Ctrl+S",), "Nothing is to be saved: every edit is on disk once it is made.", None, "File"),
    _A("action_export", "Export…", ("Ctrl+E",), "Write the labels to a file that other programs can read.", "export", "File", short_text="Export"),
    _A("action_check", "Check labels", ("Ctrl+Shift+E",), "List what PoseTrack or a colleague would question in the labels.", None, "File"),
    _A("action_effort", "Effort…", ("Ctrl+Shift+J",), "See how many edits and how much time the labels cost, round by round.", None, "File"),
    _A("action_mismatch", "Clip and labels…", ("Ctrl+Alt+K",), "Say that the labels belong to this clip's pictures, or choose the labelled clip.", None, "File"),
    _A("action_repair", "Repair a project…", ("Ctrl+Alt+R",), "Save what is whole of a damaged project; the damaged file is kept beside.", None, "File"),
    _A("action_quit", "Quit", ("Ctrl+Q",), "Close the program; every edit is already saved.", None, "File", starts_group=True),
)

_EDIT = (
    _A("action_undo", "Undo", ("Ctrl+Z",), "Undo the last edit, even one made before a restart.", "undo", "Edit"),
    _A("action_redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Redo the last edit that was undone.", "redo", "Edit"),
    _A("action_remove_run", "Undo a run…", ("Ctrl+Alt+Z",), "Undo the last import, prediction or tracking run; your later changes are kept.", None, "Edit"),
    _A("action_accept", "Accept person", ("A",), "Accept the selected person's predicted joints.", "accept", "Edit", starts_group=True, short_text="Accept"),
    _A("action_accept_frame", "Accept frame", ("Shift+A",), "Accept the predicted joints of everybody in this frame.", "accept_frame", "Edit"),
    _A("action_mark_reviewed", "Frame reviewed", ("R",), "Mark this frame as reviewed, even with nobody in it; press again to undo.", "reviewed", "Edit", checkable=True),
)

_ANNOTATORS = (
    _A("action_compare_annotators", "Compare annotators…", ("Ctrl+Shift+C",), "Choose another annotator's project of this clip, and see where it differs.", None, "Edit/Annotators", starts_group=True),
    _A("action_next_disagreement", "Next disagreement", ("E",), "Go to the next disagreement that is not decided.", None, "Edit/Annotators"),
    _A("action_previous_disagreement", "Previous disagreement", ("Shift+E",), "Go to the previous disagreement that is not decided.", None, "Edit/Annotators"),
    _A("action_take_theirs", "Take theirs", ("Ctrl+U",), "Theirs is right: take the joint or person as they have it in these frames, and go on.", None, "Edit/Annotators"),
    _A("action_take_their_pose", "Take their pose", ("Alt+U",), "Theirs is right in all: take the person's whole pose and box in these frames, and go on.", None, "Edit/Annotators", short_text="Take pose"),
    _A("action_keep_mine", "Keep mine", ("Ctrl+M",), "Mine is right: accept it where a machine placed it, and go on.", None, "Edit/Annotators"),
    _A("action_take_missing", "Take all I lack", ("Ctrl+Alt+U",), "Take all people and joints that they have and you lack, but nobody whom you deleted.", None, "Edit/Annotators"),
    _A("action_annotator_totals", "Totals…", ("Ctrl+Shift+T",), "See how far the two annotators are apart, joint by joint.", None, "Edit/Annotators"),
    _A("action_end_annotators", "Stop comparing", ("Ctrl+Alt+C",), "Put the other annotator's project away.", None, "Edit/Annotators"),
)

_GO = (
    _A("action_next_suggestion", "Next doubtful frame", ("Space",), "Go to the next open entry of the queue, in the order of the clip.", "next_doubtful", "Go", short_text="Next doubtful"),
    _A("action_previous_suggestion", "Previous doubtful frame", ("Shift+Space",), "Go to the previous open entry of the queue, in the order of the clip.", None, "Go"),
    _A("action_first_suggestion", "First of the queue", ("Ctrl+Return",), "Go to the first of the queue: where a look would mend most.", None, "Go"),
    _A("action_entry_done", "Done with this entry", ("D",), "Mark the queue's entry as looked at and go to the next; press again on it to undo.", "reviewed", "Go"),
    _A("action_filter_queue", "Filter the queue", ("Alt+Q",), "Choose which reason, person or joint the queue is about.", None, "Go"),
    _A("action_next_labelled", "Next labelled frame", ("Alt+Right",), "Go to the next frame with a person in it.", None, "Go"),
    _A("action_previous_labelled", "Previous labelled frame", ("Alt+Left",), "Go to the previous frame with a person in it.", None, "Go"),
    _A("action_first_labelled", "First labelled frame", ("Alt+Home",), "Go to the first frame with a person in it.", None, "Go"),
    _A("action_last_labelled", "Last labelled frame", ("Alt+End",), "Go to the last frame with a person in it.", None, "Go"),
    _A("action_play", "Play", ("K",), "Play the clip from here, or pause.", "play", "Go", checkable=True, starts_group=True),
    _A("action_slower", "Slower", (",",), "Play more slowly, down to a tenth of the clip's speed.", None, "Go"),
    _A("action_faster", "Faster", (".",), "Play faster, up to four times the clip's speed.", None, "Go"),
    _A("action_normal_speed", "Normal speed", ("/",), "Play at the clip's own speed.", None, "Go"),
    _A("action_loop", "Loop", ("Ctrl+Shift+L",), "Play the selected range over and over, or the whole clip where none is selected.", "loop", "Go", checkable=True),
    _A("action_next_frame", "Next frame", ("Right",), "Go one frame forward.", "next_frame", "Go"),
    _A("action_previous_frame", "Previous frame", ("Left",), "Go one frame back.", "previous_frame", "Go"),
    _A("action_step_forward", "Jump forward", ("Ctrl+Right",), "Go a jump forward; its width stands beside the play button.", None, "Go"),
    _A("action_step_back", "Jump back", ("Ctrl+Left",), "Go a jump back; its width stands beside the play button.", None, "Go"),
    _A("action_leap_forward", "100 frames forward", ("Ctrl+Shift+Right",), "Go 100 frames forward.", None, "Go"),
    _A("action_leap_back", "100 frames back", ("Ctrl+Shift+Left",), "Go 100 frames back.", None, "Go"),
    _A("action_first_frame", "First frame", ("Home",), "Go to the first frame.", "first_frame", "Go"),
    _A("action_last_frame", "Last frame", ("End",), "Go to the last frame.", "last_frame", "Go"),
    _A("action_next_clip", "Next clip", ("Ctrl+PgDown",), "Open the next clip of the collection.", None, "Go", starts_group=True),
    _A("action_previous_clip", "Previous clip", ("Ctrl+PgUp",), "Open the previous clip of the collection.", None, "Go"),
    _A("action_go_to_frame", "Go to frame…", ("Ctrl+J",), "Go to a frame by its number.", None, "Go"),
)

_PERSON = (
    _A("action_find_people", "Find people", ("Ctrl+G",), "Find people in the whole clip with a detector; your changes are kept.", "find_people", "Person", short_text="Find"),
    _A("action_find_people_frame", "Find people here", ("G",), "Find people in this frame with a detector; your changes are kept.", None, "Person"),
    _A("action_find_people_range", "Find people in frames…", ("Shift+G",), "Find people in a range of frames with a detector; your changes are kept.", None, "Person"),
    _A("action_add_person", "Add person", ("B",), "Draw a box around a person who has none yet.", "add_person", "Person", checkable=True, starts_group=True),
    _A("action_track_person", "Follow person", ("F",), "Follow the selected person's box from here to the end of the clip.", "follow", "Person"),
    _A("action_delete_person", "Delete person", ("Delete", "Ctrl+Backspace"), "Delete the selected person from this frame.", "delete", "Person"),
    _A("action_cut_person", "Delete from here on", ("Shift+Delete",), "Delete the selected person from this frame and all later ones.", "cut", "Person"),
    _A("action_delete_everywhere", "Delete from the clip", ("Ctrl+Shift+Delete",), "Delete the selected person from the whole clip.", None, "Person"),
    _A("action_change_track", "Tracks…", ("T",), "Assign, swap, split or merge the selected person; the effect is shown first.", "renumber", "Person", starts_group=True),
    _A("action_swap_tracks", "Swap numbers", ("Ctrl+T",), "Swap the numbers of two people from this frame on.", "swap", "Person"),
    _A("action_toggle_hide", "Hide person", ("H",), "Hide the selected person on the picture, or show them again.", "hide", "Person", starts_group=True),
    _A("action_hide_others", "Hide the others", ("Shift+H",), "Show only the selected person, or everybody again.", None, "Person"),
    _A("action_lock", "Lock person", ("L",), "Lock the selected person against accidental changes, or unlock them.", "lock", "Person"),
    _A("action_resize_box", "Resize box by keys", ("Shift+B",), "Move the corners and edges of the selected person's box by the arrow keys.", None, "Person", checkable=True, starts_group=True),
    _A("action_draw_head_box", "Draw head box", ("Shift+D",), "Draw a box around the selected person's head.", None, "Person", checkable=True),
    _A("action_delete_head_box", "Delete head box", ("Shift+Backspace",), "Take the selected person's head box away from this frame.", None, "Person"),
    _A("action_ignore_regions", "Ignore regions", ("Shift+I",), "Draw and change the regions of this frame in which nothing is evaluated.", None, "Person", checkable=True),
    _A("action_next_person", "Next person", ("`",), "Select the next person in this frame.", None, "Person", starts_group=True),
    *(
        _A(f"action_person_{n}", f"Person in row {n}", (str(n),), f"Select the person in row {n} of the list of people.", None, "Person/Select", starts_group=n == 1)
        for n in range(1, 10)
    ),
)

_REPEAT = (
    _A("action_copy_pose", "Copy pose", ("Ctrl+C",), "Copy the selected person's pose in this frame.", None, "Repeat"),
    _A("action_paste_pose", "Paste pose", ("Ctrl+V",), "Show the copied pose on the selected person; press again to keep it.", None, "Repeat"),
    _A("action_copy_previous", "Pose of the previous frame", ("Ctrl+D",), "Show the person's pose of the previous frame in this one; press again to keep it.", None, "Repeat"),
    _A("action_copy_next", "Pose of the next frame", ("Ctrl+Shift+D",), "Show the person's pose of the next frame in this one; press again to keep it.", None, "Repeat"),
    _A("action_interpolate", "Interpolate", ("I",), "Fill joints between corrected frames, in the range or around this frame.", None, "Repeat", starts_group=True),
    _A("action_carry", "Carry joints…", ("Ctrl+B",), "Let the person's joints follow the picture to other frames; shown before they are kept.", None, "Repeat"),
    _A("action_mend", "Mend neighbouring frames", ("Ctrl+Shift+M",), "Let the frames around a correction follow it where they make the same mistake.", None, "Repeat", checkable=True, starts_group=True),
    _A("action_undo_mending", "Undo mending", ("Ctrl+Alt+M",), "Undo what the last correction mended around it; the correction stays.", None, "Repeat"),
    _A("action_mending_reach", "Reach of mending…", ("Alt+M",), "Choose how many frames on either side a correction mends at most.", None, "Repeat"),
    _A("action_swap_sides", "Swap left and right", ("S",), "Swap left and right of the selected person, or of everybody in this frame.", None, "Repeat", starts_group=True),
    _A("action_swap_limb", "Swap arms or legs", ("Shift+S",), "Swap left and right of the arms or legs that the selected joint is of.", None, "Repeat"),
    _A("action_keep_proposal", "Keep", ("Return", "Enter"), "Keep what is shown over the picture, as one edit.", None, "Repeat", starts_group=True),
    _A("action_range_start", "Range starts here", ("[",), "Let the selected range of the timeline start with this frame.", None, "Repeat", starts_group=True),
    _A("action_range_end", "Range ends here", ("]",), "Let the selected range of the timeline end with this frame.", None, "Repeat"),
    _A("action_range_clear", "No range", ("\\",), "Select no range of the timeline any more.", None, "Repeat"),
    _A("action_accept_range", "Accept frames…", ("Ctrl+A",), "Accept the machine's joints in many frames; what would change is counted first.", None, "Repeat", starts_group=True),
    _A("action_accept_above", "Accept above a score…", ("Ctrl+Shift+A",), "Accept joints with at least some score, in this frame, the range or the clip.", None, "Repeat"),
    _A("action_visibility_range", "Visibility in frames…", ("Ctrl+Shift+V",), "Mark joints in many frames as visible, occluded or not labelled.", None, "Repeat"),
    _A("action_swap_range", "Swap left and right in frames…", ("Ctrl+Shift+S",), "Swap left and right in many frames; what would change is counted first.", None, "Repeat"),
    _A("action_delete_range", "Delete in frames…", ("Alt+Delete",), "Delete people from many frames; what would change is counted first.", None, "Repeat"),
)

_JOINT = (
    _A("action_next_joint", "Next joint", ("Down",), "Select the next joint of the person.", None, "Joint"),
    _A("action_previous_joint", "Previous joint", ("Up",), "Select the previous joint of the person.", None, "Joint"),
    _A("action_deselect", "Select nothing", ("Esc",), "Deselect the joint, then the person.", None, "Joint"),
    _A("action_place_joint", "Place joint here", ("X",), "Put the selected joint where the pointer is.", "place_joint", "Joint", starts_group=True),
    _A("action_place_by_clicks", "Place joints by clicking", ("Shift+X",), "Each click places the selected joint and moves on to the next; Esc stops.", None, "Joint", checkable=True),
    _A("action_place_after_box", "Place joints after drawing a box", ("Ctrl+Shift+X",), "Begin to place a new person's joints by clicking once the box is drawn.", None, "Joint", checkable=True),
    _A("action_skip_joint", "Skip joint", ("Z",), "While placing by clicks: leave this joint as it is and go on.", None, "Joint"),
    _A("action_place_back", "One joint back", ("Backspace",), "While placing by clicks: return to the joint before and undo its step.", None, "Joint"),
    _A("action_next_peak", "Next peak", ("J",), "Move the selected joint to the next place where the network sees it.", None, "Joint", starts_group=True),
    _A("action_previous_peak", "Previous peak", ("Shift+J",), "Move the selected joint to the place before where the network sees it.", None, "Joint"),
    _A("action_hide_joint", "Hide joint", ("Ctrl+H",), "Hide the selected joint on the picture, or show it again.", None, "Joint", starts_group=True),
    _A("action_hide_other_joints", "Hide the other joints", ("Ctrl+Shift+H",), "Show only the selected joint of the person, or all again.", None, "Joint"),
    _A("action_lock_joint", "Lock joint", ("Shift+L",), "Lock the selected joint against accidental changes, or unlock it.", None, "Joint"),
    _A("action_nudge_left", "Nudge left", ("Shift+Left",), "Move the selected joint one pixel left.", None, "Joint/Nudge"),
    _A("action_nudge_right", "Nudge right", ("Shift+Right",), "Move the selected joint one pixel right.", None, "Joint/Nudge"),
    _A("action_nudge_up", "Nudge up", ("Shift+Up",), "Move the selected joint one pixel up.", None, "Joint/Nudge"),
    _A("action_nudge_down", "Nudge down", ("Shift+Down",), "Move the selected joint one pixel down.", None, "Joint/Nudge"),
    _A("action_cycle_visibility", "Change visibility", ("V",), "Cycle the selected joint through visible, occluded and not labelled.", None, "Joint", starts_group=True),
    _A("action_mark_occluded", "Occluded", ("Q",), "Mark the selected joint as occluded; while placing by clicks, at the pointer.", None, "Joint"),
    _A("action_mark_not_labelled", "Not labelled", ("O",), "Mark the selected joint as not labelled.", None, "Joint"),
)

_MODEL = (
    _A("action_predict", "Predict all frames", ("Ctrl+P",), "Let the network predict everybody's joints in the whole clip; your changes are kept.", "predict", "Network", short_text="Predict"),
    _A("action_predict_frame", "Predict this frame", ("P",), "Let the network predict the joints in this frame; your changes are kept.", None, "Network"),
    _A("action_predict_range", "Predict the range", ("Ctrl+Shift+R",), "Let the network predict the joints in the selected range; your changes are kept.", None, "Network"),
    _A("action_predict_from_here", "Predict from here", ("Shift+P",), "Let the network predict the joints from this frame to the end; your changes are kept.", None, "Network"),
    _A("action_predict_clips", "Predict all clips", ("Ctrl+Alt+P",), "Predict all clips of the collection but the open one, one after the other.", None, "Network"),
    _A("action_cancel", "Cancel the running task", ("Shift+Esc",), "Stop what is running; what is finished is kept.", "cancel", "Network", short_text="Cancel"),
    _A("action_finetune", "Fine-tune", ("Ctrl+L", "Ctrl+Shift+F"), "Train the network on your corrections.", "finetune", "Network", starts_group=True),
    _A("action_finetune_clips", "Fine-tune on all clips", ("Ctrl+Shift+G",), "Train the network on the corrections of the whole collection.", None, "Network"),
    _A("action_rounds", "Rounds of fine-tuning…", ("Ctrl+Shift+K",), "See what each round did, make one current again, export or delete it.", None, "Network"),
    _A("action_rollback", "Roll back weights", ("Ctrl+Shift+B",), "Return to the weights used before the last fine-tuning.", "rollback", "Network"),
    _A("action_weights", "Weights…", ("Ctrl+Shift+W",), "See the available weights, fetch better ones, and choose which to predict with.", "weights", "Network", starts_group=True),
    _A("action_compare", "Second opinion", ("Shift+C",), "Draw the pose from HRNet alone, or from other weights, beside the one on screen.", None, "Network", checkable=True, starts_group=True),
    _A("action_take_joint", "Take joint", ("U",), "Move the selected joint to where the second opinion places it.", None, "Network"),
    _A("action_take_pose", "Take pose", ("Shift+U",), "Move the person's joints to where the second opinion places them; your changes are kept.", None, "Network"),
)

_VIEW = (
    _A("action_fit", "Fit to window", ("Ctrl+=",), "Show the whole picture.", "fit", "View"),
    _A("action_zoom_in", "Zoom in", ("+", "Ctrl++"), "Make the picture larger.", "zoom_in", "View"),
    _A("action_zoom_out", "Zoom out", ("-", "Ctrl+-"), "Make the picture smaller.", "zoom_out", "View"),
    _A("action_show_heatmap", "Show heatmap", ("M",), "Show the selected joint's heatmap over the picture.", "heatmap", "View", checkable=True, starts_group=True),
    _A("action_show_names", "Show joint names", ("N",), "Show each joint's name beside it.", "names", "View", checkable=True),
    _A("action_magnifier", "Magnifier", ("Shift+Z",), "Magnify the picture beside the pointer while a joint is dragged or placed.", None, "View", checkable=True),
    _A("action_show_extras", "Show head boxes and ignore regions", ("Shift+V",), "Show head boxes and the regions in which nothing is evaluated.", None, "View", checkable=True),
    _A("action_show_theta", "Grid on neighbours", ("Shift+T",), "Draw the global alignment as a grid over the frames of the temporal panel.", None, "View", checkable=True, starts_group=True, short_text="Grid"),
    _A("action_show_offsets", "Arrows on neighbours", ("Shift+O",), "Draw the local offsets as arrows over the frames of the temporal panel.", None, "View", checkable=True, short_text="Arrows"),
    _A("action_show_modulation", "Map on neighbours", ("Shift+M",), "Draw the local modulation as a map over the frames of the temporal panel.", None, "View", checkable=True, short_text="Map"),
    _A("action_legend", "Legend and picture", ("F2",), "Show what colours, shapes, boxes and weights mean, and how the picture is shown.", None, "View", checkable=True, starts_group=True),
    _A("action_trajectories", "Trajectories", ("F5",), "Draw the ways of the selected joint or person through the neighbouring frames.", None, "View", checkable=True),
    _A("action_ghost", "Poses of the frame before", ("F8",), "Draw the poses of the previous frame as ghosts.", None, "View", checkable=True),
    _A("action_said_before", "Machine's places", ("F7",), "Draw where a machine had the joints that you moved.", None, "View", checkable=True),
    _A("action_unusual_limbs", "Unusual limbs", ("F9",), "Mark limbs far longer than they mostly are, or with next to no length.", None, "View", checkable=True),
    _A("action_brighter", "Brighter", ("Alt+B",), "Show the picture brighter; labels and predictions see it as it is.", None, "View/Picture"),
    _A("action_darker", "Darker", ("Alt+Shift+B",), "Show the picture darker; labels and predictions see it as it is.", None, "View/Picture"),
    _A("action_more_contrast", "More contrast", ("Alt+V",), "Show the picture with more contrast.", None, "View/Picture"),
    _A("action_less_contrast", "Less contrast", ("Alt+Shift+V",), "Show the picture with less contrast.", None, "View/Picture"),
    _A("action_picture_as_is", "Picture as it is", ("Alt+G",), "Show the picture with its own brightness and contrast.", None, "View/Picture"),
    _A("action_larger_markers", "Larger markers", ("Alt+=",), "Draw markers and joint names larger.", None, "View/Picture", starts_group=True),
    _A("action_smaller_markers", "Smaller markers", ("Alt+-",), "Draw markers and joint names smaller.", None, "View/Picture"),
    _A("action_palette_okabe_ito", "Okabe and Ito", ("Shift+F2",), "Draw in colours after Okabe and Ito, which every eye can tell apart.", None, "View/Colours", checkable=True),
    _A("action_palette_tol_bright", "Tol, bright", ("Shift+F3",), "Draw in colours after Tol's bright set, which every eye can tell apart.", None, "View/Colours", checkable=True),
    _A("action_palette_high_contrast", "High contrast", ("Shift+F4",), "Draw in strong colours, for weak screens and bright rooms.", None, "View/Colours", checkable=True),
    _A("action_look_system", "Follow the system", ("Shift+F7",), "Draw the window light or dark, as the system is.", None, "View/Look", checkable=True),
    _A("action_look_light", "Light", ("Shift+F8",), "Draw the window light; the picture's surround stays dark.", None, "View/Look", checkable=True),
    _A("action_look_dark", "Dark", ("Shift+F9",), "Draw the window dark.", None, "View/Look", checkable=True),
    _A("action_speed_graph", "Graph of the joint's speed", ("Y",), "Draw the selected joint's speed on the timeline, in place of the scores.", None, "View/Timeline", checkable=True, starts_group=True),
    _A("action_timeline_zoom_in", "Spread", ("Alt+Up",), "Show fewer frames on the timeline, each wider.", None, "View/Timeline"),
    _A("action_timeline_zoom_out", "Gather", ("Alt+Down",), "Show more frames on the timeline.", None, "View/Timeline"),
    _A("action_timeline_all", "Whole clip", ("Alt+0",), "Show the whole clip on the timeline.", None, "View/Timeline"),
    _A("action_timeline_range", "Selected range", ("Alt+1",), "Spread the selected range over the timeline.", None, "View/Timeline"),
    _A("action_timeline_forward", "Slide forward", ("PgDown",), "Slide the timeline along the clip; the frame on screen stays.", None, "View/Timeline"),
    _A("action_timeline_back", "Slide back", ("PgUp",), "Slide the timeline back along the clip; the frame on screen stays.", None, "View/Timeline"),
    _A("action_next_row", "Next row", ("Ctrl+Down",), "Select the person in the next row of the timeline, also one who is not in this frame.", None, "View/Timeline"),
    _A("action_previous_row", "Previous row", ("Ctrl+Up",), "Select the person in the previous row of the timeline.", None, "View/Timeline"),
    _A("action_panel_persons", "People", ("Ctrl+1",), "Show or hide the list of people.", None, "View/Panels", checkable=True, starts_group=True),
    _A("action_panel_joints", "Joints", ("Ctrl+2",), "Show or hide the list of joints.", None, "View/Panels", checkable=True),
    _A("action_panel_queue", "Queue", ("Ctrl+3",), "Show or hide the queue of doubtful frames.", None, "View/Panels", checkable=True),
    _A("action_panel_heatmap", "Heatmap", ("Ctrl+4",), "Show or hide the heatmap panel.", None, "View/Panels", checkable=True),
    _A("action_panel_temporal", "Temporal", ("Ctrl+5",), "Show or hide the frames that fed the prediction.", None, "View/Panels", checkable=True),
    _A("action_panel_compare", "Compare", ("Ctrl+7",), "Show or hide the panel of the second opinion.", None, "View/Panels", checkable=True),
    _A("action_panel_finetune", "Fine-tuning", ("Ctrl+6",), "Show or hide the fine-tuning panel.", None, "View/Panels", checkable=True),
    _A("action_panel_checks", "Checks", ("Ctrl+8",), "Show or hide the list of what would be questioned in the labels.", None, "View/Panels", checkable=True),
    _A("action_panel_collection", "Clips", ("Ctrl+9",), "Show or hide the list of the collection's clips.", None, "View/Panels", checkable=True),
    _A("action_panel_annotators", "Annotators", ("Alt+9",), "Show or hide where another annotator's project differs.", None, "View/Panels", checkable=True),
    _A("action_reset_layout", "Reset layout", ("Ctrl+0",), "Put all panels back in their original places.", None, "View"),
)

_HELP = (
    _A("action_commands", "Commands…", ("Ctrl+Shift+P",), "Find anything that the program does by a few letters.", None, "Help"),
    _A("action_key_sheet", "Keys at a glance", ("?",), "See all keys on one page.", None, "Help"),
    _A("action_tour", "Tour of the demo clip", ("Shift+F1",), "Open the demo clip, and be led through predicting, correcting and exporting.", None, "Help"),
    _A("action_keys", "Keys…", ("Ctrl+K",), "See and change the keys, or choose a familiar set.", "keys", "Help"),
    _A("action_report", "Report a fault…", ("Ctrl+F1",), "See and save what the program knows of a fault or a crash; nothing is sent.", None, "Help"),
    _A("action_about", "About", ("F1",), "Show the version and what this program is.", None, "Help"),
)

# fmt: on
ACTIONS: tuple[ActionSpec, ...] = (
    *_FILE,
    *_EDIT,
    *_ANNOTATORS,
    *_GO,
    *_PERSON,
    *_JOINT,
    *_REPEAT,
    *_MODEL,
    *_VIEW,
    *_HELP,
)
"""Every action, in the order of the menus."""

MENUS: tuple[str, ...] = ("File", "Edit", "Go", "Person", "Joint", "Repeat", "Network", "View", "Help")

TOOLBAR: tuple[str, ...] = (
    "action_open",
    "action_open_labels",
    "",
    "action_find_people",
    "action_predict",
    "action_accept",
    "action_next_suggestion",
    "action_add_person",
    "",
    "action_undo",
    "action_redo",
    "",
    "action_finetune",
    "action_export",
)
"""The main verbs; an empty name draws a line."""

SPECS: dict[str, ActionSpec] = {spec.object_name: spec for spec in ACTIONS}


def default_keymap() -> KeyMap:
    """The keys of the table above."""
    return {spec.object_name: spec.keys for spec in ACTIONS}


def normalised(key: str) -> str:
    """A key in Qt's own portable spelling, "" if it is none."""
    return QKeySequence(key, QKeySequence.SequenceFormat.PortableText).toString(
        QKeySequence.SequenceFormat.PortableText
    )


def key_conflicts(keymap: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Keys that more than one action claims: key -> the actions' object names, in the table's order."""
    claims: dict[str, list[str]] = {}
    for object_name in (spec.object_name for spec in ACTIONS):
        for key in dict.fromkeys(normalised(key) for key in keymap.get(object_name, ()) if key):
            claims.setdefault(key, []).append(object_name)
    return {key: tuple(names) for key, names in claims.items() if len(names) > 1}


def build_actions(parent: QWidget) -> dict[str, QAction]:
    """One QAction for each row of the table, added to `parent` so that its keys work there."""
    built: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(spec.text, parent)
        action.setObjectName(spec.object_name)
        action.setIconText(spec.short_text or spec.text.removesuffix("…"))
        action.setCheckable(spec.checkable)
        action.setIconVisibleInMenu(not spec.checkable)  # a menu shows the tick or the icon
        if spec.icon is not None:
            action.setIcon(theme.icon(spec.icon))
        parent.addAction(action)
        built[spec.object_name] = action
    apply_keymap(built, default_keymap())
    return built


def apply_keymap(built: Mapping[str, QAction], keymap: Mapping[str, Iterable[str]]) -> None:
    """Gives the actions their keys, and tells the first one in the tooltip."""
    for object_name, action in built.items():
        keys = tuple(keymap.get(object_name, ()))
        action.setShortcuts([QKeySequence(key, QKeySequence.SequenceFormat.PortableText) for key in keys])
        describe(action, SPECS[object_name].tooltip + (f"  ({shown(keys[0])})" if keys else ""))


def shown(key: str) -> str:
    """A key as this system writes it."""
    return QKeySequence(key, QKeySequence.SequenceFormat.PortableText).toString(QKeySequence.SequenceFormat.NativeText)
