"""What a project should hold, as a plain model in memory: people with an identity that no renumbering changes."""

from core.poses import Provenance, Visibility

FRAMES, JOINTS = 4, 17


def cells_of(pose):
    """Everything known of a pose, as named values that compare bit by bit."""
    cells = {
        ("joint", k): (
            pose.keypoints[k].tobytes(),
            pose.scores[k].tobytes(),
            int(pose.visibility[k]),
            int(pose.provenance[k]),
            bool(pose.visibility_by_hand[k]),
        )
        for k in range(JOINTS)
    }
    cells["box"] = (pose.bbox_xywh.tobytes(), int(pose.bbox_provenance))
    cells["head"] = None if pose.bbox_head_xywh is None else pose.bbox_head_xywh.tobytes()
    cells["run"] = pose.run_id
    cells["track"] = pose.track_id
    return cells


def is_human(cell):
    """Of a box or a joint: a person's word, also one on a joint's visibility alone."""
    provenance, by_hand = cell[-2:] if isinstance(cell[-1], bool) else (cell[-1], False)
    return by_hand or provenance >= Provenance.IMPORTED


def changing(frame, who, new):
    return {"kind": "change", "frame": frame, "who": who, "new": new}


def deleting(frame, who):
    return {"kind": "delete", "frame": frame, "who": who, "cells": [{}]}


class Model:
    """People have an identity that no renumbering changes; the number is one of their cells."""

    def __init__(self):
        self.people = {}  # (frame, identity) -> cells
        self.reviewed = set()
        self.done, self.undone = [], []
        self.next_identity = 0
        self.collided = False

    def find(self, frame, track):
        return next((i for (f, i), cells in self.people.items() if f == frame and cells["track"] == track), None)

    def tracks(self, frame):
        return sorted(cells["track"] for (f, _), cells in self.people.items() if f == frame)

    def edit(self, steps, cut=None):
        """Does and remembers an edit, whose steps are as `change`, `create`, `delete` and `review` make them."""
        self.undone.clear()
        entry = {"cut": cut, "steps": steps}
        self.forward(entry)
        self.done.append(entry)

    def forward(self, entry):
        leaving = {
            (s["frame"], self.people[s["frame"], s["who"]]["track"])
            for s in entry["steps"]
            if "track" in s.get("new", ())
        }
        for step in entry["steps"]:
            frame, place = step["frame"], (step["frame"], step.get("who"))
            if step["kind"] == "review":
                (self.reviewed.add if step["reviewed"] else self.reviewed.discard)(frame)
            elif step["kind"] == "change":
                self.change(step, place, leaving, forward=True)
            elif step["kind"] == "create":
                self.arrive(step, place)
            else:
                self.leave(step, place)

    def undo(self):
        entry = self.done.pop()
        leaving = {(s["frame"], s["new"]["track"]) for s in entry["steps"] if "track" in s.get("new", ())}
        for step in entry["steps"]:
            frame, place = step["frame"], (step["frame"], step.get("who"))
            if step["kind"] == "review":
                (self.reviewed.discard if step["reviewed"] else self.reviewed.add)(frame)
            elif step["kind"] == "change":
                self.change(step, place, leaving, forward=False)
            elif step["kind"] == "create":
                self.leave(step, place)
            else:
                self.arrive(step, place)
        self.undone.append(entry)

    def change(self, step, place, leaving, forward):
        cells = self.people[place]
        displaced_before = step.pop("displaced", None)
        if "track" in step["new"]:
            number = step["new"]["track"] if forward else step["old"]["track"]
            occupant = self.find(place[0], number)
            if occupant is not None and (place[0], number) not in leaving:  # a machine put somebody there meanwhile
                step["displaced"] = occupant, self.people.pop((place[0], occupant))
        if forward:
            step["old"] = {name: cells[name] for name in step["new"]}
            cells.update(step["new"])
        else:
            for name, new in step["new"].items():
                assert cells[name] == new  # what a person set no machine changes
                cells[name] = step["old"][name]
        if displaced_before:
            self.people[place[0], displaced_before[0]] = displaced_before[1]

    def redo(self):
        entry = self.undone.pop()
        self.forward(entry)
        self.done.append(entry)

    def arrive(self, step, place):
        """Somebody comes (back) into a frame, where a machine may have put somebody of that number meanwhile."""
        new = dict(step["cells"][0])
        occupant = self.find(place[0], new["track"])
        if occupant is None:
            self.people[place] = new
            return
        self.collided = True
        cells = self.people[place[0], occupant]
        for name in [("joint", k) for k in range(JOINTS)]:
            if not is_human(new[name]) and cells[name][2] != Visibility.NOT_LABELLED:
                new[name] = cells[name]
        step["merged"] = occupant, {n: (cells[n], new[n]) for n in new if cells[n] != new[n]}
        cells.update(new)

    def leave(self, step, place):
        if "merged" in step:
            occupant, changed = step.pop("merged")
            cells = self.people[place[0], occupant]
            for name, (old, new) in changed.items():
                if cells[name] == new:
                    cells[name] = old
            return
        step["cells"] = [self.people.pop(place)]

    def taken_away(self, frame, track):
        """Whether the edits that stand say that a number is not in a frame."""
        single, cut_off = False, False
        for entry in self.done:
            given = {(s["frame"], s["new"]["track"]) for s in entry["steps"] if "track" in s.get("new", ())}
            for step in entry["steps"]:
                if step["kind"] == "create" and step["frame"] <= frame and step["cells"][0]["track"] == track:
                    cut_off = False
                left = step["kind"] == "delete" or ("track" in step.get("new", ()))
                number = step["old"]["track"] if "old" in step and left else step.get("cells", [{}])[0].get("track")
                covered = entry["cut"] and frame >= entry["cut"][1]
                if left and step["frame"] == frame and number == track and (frame, track) not in given:
                    single |= not covered
            if entry["cut"] and entry["cut"][0] == track and entry["cut"][1] <= frame:
                cut_off = True
        return single or cut_off

    def predict(self, frame, identity, pose, run_id):
        cells = self.people.setdefault((frame, identity), {})
        new = cells_of(pose)
        if not cells:
            cells.update(new, run=run_id)
            return
        free = [("joint", k) for k in range(JOINTS) if not is_human(cells["joint", k])]
        for name in free:
            cells[name] = new[name]
        if free:
            cells["run"] = run_id
        if not is_human(cells["box"]):
            cells["box"] = new["box"]

    def state(self):
        return {(f, cells["track"]): cells for (f, _), cells in self.people.items()}
