// Core rules only: npx brings no plug-ins. Undefined names are TypeScript's to find, which reads all
// files of a page together; here each file stands alone.
const rules = `array-callback-return constructor-super eqeqeq for-direction
  getter-return no-async-promise-executor no-class-assign no-compare-neg-zero no-cond-assign
  no-const-assign no-constant-binary-expression no-constant-condition no-constructor-return
  no-control-regex no-debugger no-delete-var no-dupe-args no-dupe-class-members no-dupe-else-if
  no-dupe-keys no-duplicate-case no-empty no-empty-pattern no-eval no-ex-assign no-fallthrough
  no-func-assign no-implied-eval no-invalid-regexp no-irregular-whitespace no-loop-func
  no-loss-of-precision no-new-func no-new-wrappers no-obj-calls no-octal no-promise-executor-return
  no-prototype-builtins no-redeclare no-regex-spaces no-script-url no-self-assign no-self-compare
  no-setter-return no-shadow no-shadow-restricted-names no-sparse-arrays no-template-curly-in-string
  no-this-before-super no-throw-literal no-unexpected-multiline no-unreachable no-unreachable-loop
  no-unsafe-finally no-unsafe-negation no-unsafe-optional-chaining no-unused-expressions
  no-unused-private-class-members no-useless-backreference no-useless-catch no-useless-concat
  no-useless-escape no-useless-rename no-useless-return no-var object-shorthand prefer-const
  prefer-rest-params prefer-spread prefer-template radix use-isnan valid-typeof`;

export default [
  {
    languageOptions: { sourceType: "script", ecmaVersion: 2024 },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...Object.fromEntries(rules.split(/\s+/).map((name) => [name, "error"])),
      "no-unused-vars": ["error", { vars: "local", argsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { sourceType: "module" },
    rules: { "no-new-func": "off" }, // tests read the page's scripts by it
  },
];
