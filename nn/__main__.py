"""python -m nn: train networks of scalar Values on real data, and use them."""

from nn.commands.main import run

if __name__ == "__main__":
    run("python -m nn")
