from terminal.transitions.actions import MOVES, REST, move

__all__ = ["MOVES", "REST", "move"]
