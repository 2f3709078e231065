"""live: a page in which the user's own model trains, with nothing but a browser.

    playground  what goes into the page, and what comes back from it
    wiring      which numbers of a recording are neurons, and which weights lie between them

The page is `page.html` and `style.css`; its scripts, in the order in which they stand in it:

    random.js     seeded random numbers
    state.js      what the page knows, and how it is copied out
    optimizer.js  the formulas of SGD and Adam
    trainer.js    steps on the recorded program, losses, accuracy
    elements.js   colours, marks and elements
    network.js    the picture of the network
    surface.js    the data and what the model says of the plane
    points.js     points that are added, moved, followed
    curves.js     the loss over the epochs
    details.js    a neuron's formula, a weight's gradient, all parameters
    controls.js loop.js page.js   buttons and keys, the frames, and the start

Below them stands the program of loss and outputs, as JavaScript from the compiler.
"""
