import chess

VALUES = {chess.PAWN: 1, chess.KNIGHT: 3, chess.BISHOP: 3, chess.ROOK: 5, chess.QUEEN: 9}


def material(board):
    return sum(value * (len(board.pieces(piece, chess.WHITE)) - len(board.pieces(piece, chess.BLACK))) for piece, value in VALUES.items())


class Search:
    mate = 1000

    def __init__(self, depth):
        self.depth = depth
        self.seen = 0

    def value(self, board, depth, low, high):
        self.seen += 1
        if board.is_checkmate():
            return -self.mate - depth
        if not depth:
            return material(board) * (1 if board.turn else -1)
        for move in sorted(board.legal_moves, key=lambda move: (not board.is_capture(move), move.uci())):
            board.push(move)
            found = -self.value(board, depth - 1, -high, -low)
            board.pop()
            low = max(low, found)
            if low >= high:
                break
        return low

    def best(self, board):
        moves = {}
        for move in board.legal_moves:
            board.push(move)
            moves[board.peek().uci()] = -self.value(board, self.depth - 1, -10**6, 10**6)
            board.pop()
        return sorted(moves.items(), key=lambda item: (-item[1], item[0]))[:3], self.seen
