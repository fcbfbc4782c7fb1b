"""Looking after installed apps: one implementation behind the admin pages, the HTTP API and the
commands.

permissions  who may do what
gate         asks permissions, and audits what is refused
operations   what can be done with an app: promote, roll back, switch off, delete, grant …
platform     does them, once who asks may; leads to all of what follows
described    what pages, API and commands tell of an app; queries and audience find it
outcome      waits for what this node makes of a change
uploads      packages
app_settings settings of apps: what can be set, what is set
form         the form that these are typed into
diff         what differs between two versions
watching     logs, errors, use of apps; nodes
people       users and roles
tokens       API tokens
sessions     who is signed in, where
audit_log    who did what
node         the port to the running node
store        installed apps, as the node loads them
"""
