"""A game, some positions and a small search."""
import io

import chess
import chess.pgn
import chess.svg
from search import Search, material

with open("game.pgn") as file:
    text = file.read()


def replay(text):
    game = chess.pgn.read_game(io.StringIO(text))
    board = game.board()
    seen = []
    for move in game.mainline_moves():
        seen.append(board.san(move))
        board.push(move)
    return dict(game.headers), seen, board.fen(), board.result()


def perft(board, depth):
    if not depth:
        return 1
    total = 0
    for move in board.legal_moves:
        board.push(move)
        total += perft(board, depth - 1)
        board.pop()
    return total


def facts(fen):
    board = chess.Board(fen)
    return (board.is_check(), board.is_checkmate(), board.is_stalemate(), board.has_insufficient_material(chess.WHITE), material(board),
            sorted(move.uci() for move in board.legal_moves)[:8], board.status().name)


def exported(text):
    game = chess.pgn.read_game(io.StringIO(text))
    game.end().add_variation(chess.Move.null(), comment="the end") if not game.end().board().is_game_over() else None
    return game.accept(chess.pgn.StringExporter(columns=60, headers=False))


print(*replay(text), sep="\n")
print(perft(chess.Board(), 2))
for fen in ("8/8/8/8/8/5k2/6q1/7K w - - 0 1", "r3k2r/8/8/8/8/8/8/R3K2R b KQkq - 3 20", "8/P7/8/8/8/8/7p/k6K w - - 0 1"):
    print(facts(fen))
print(Search(2).best(chess.Board("6k1/5ppp/8/8/8/8/5PPP/3R2K1 w - - 0 1")))
print(exported(text))
print(chess.Board("8/8/4k3/8/8/4K3/4P3/8 w - - 0 1").unicode(borders=True))
print(chess.square_name(chess.parse_square("e4")), list(chess.SquareSet(chess.BB_RANK_1)))
try:
    chess.Board().push_san("Ke5")
except ValueError as error:
    print(type(error).__name__, error)
with open("board.svg", "w") as file:
    file.write(chess.svg.board(chess.Board("8/8/8/8/8/8/8/K6k w - - 0 1"), size=100))
