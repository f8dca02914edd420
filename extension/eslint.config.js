import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/.output", "**/.wxt", "**/node_modules", "extension/scripts", "tests/browser/pages", "tests/browser/output"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // `${number}` and `${boolean}` read well and say what they mean.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text goes in as text: see common/elements.ts." },
        { property: "outerHTML", message: "Text goes in as text: see common/elements.ts." },
        { property: "insertAdjacentHTML", message: "Text goes in as text: see common/elements.ts." },
      ],
      eqeqeq: "error",
    },
  },
  {
    // Loops over typed arrays, whose bounds are the loops' own.
    files: ["extension/filter/**", "tests/extension/filter*"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    files: ["tests/browser/**"],
    // Read, to see that the page is byte for byte the same.
    rules: { "no-restricted-properties": "off" },
  },
  { files: ["**/*.js"], ...tseslint.configs.disableTypeChecked },
);
