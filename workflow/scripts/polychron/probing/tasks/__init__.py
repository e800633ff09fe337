"""What a probe is asked, a module for each task.

A rule names the module of its task to the script, so that an edit of one task, or a new one, reruns no cell of another.
`base` has what all of them share; `registry` describes them as plain data and imports none of them.
"""
