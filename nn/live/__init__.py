"""live: a page in which the user's own model trains, with nothing but a browser.

    playground  what goes into the page, and what comes back from it
    wiring      which numbers of a recording are neurons, and which weights lie between them

The page is `page.html` and `style.css`; its scripts, in the order in which they stand in it:

    random.js    seeded random numbers
    trainer.js   steps of the optimiser on the recorded program, losses, accuracy
    elements.js  colours, marks and elements
    network.js   the picture of the network
    surface.js   the data and what the model says of the plane
    curves.js    the loss over the epochs
    details.js   a neuron's formula, a weight's gradient, all parameters
    page.js      controls, keys, the state, and the loop

Below them stands the program of loss and outputs, as JavaScript from the compiler.
"""
